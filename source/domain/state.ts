/** The five states, in order of severity, mildest first. */
export const states = ['up', 'degraded', 'busy', 'unknown', 'down'] as const;

/** The state of a node. */
export type State = (typeof states)[number];

/** How a state is shown and counted. */
export interface StateWords {
	/** A symbol that is one column wide in every terminal font, and not of ambiguous East Asian width if possible. */
	readonly glyph: string;
	/** The symbol for terminals that show only ASCII. */
	readonly ascii: string;
	/** Larger is worse. */
	readonly severity: number;
	/** The `status` of a result in this state: whether the node works. */
	readonly works: boolean;
}

/** The properties of every state. A new state without its row does not compile. */
export const stateWords: Readonly<Record<State, StateWords>> = {
	up: {glyph: '●', ascii: '+', severity: 0, works: true},
	degraded: {glyph: '▲', ascii: '!', severity: 1, works: true},
	busy: {glyph: '◐', ascii: '~', severity: 2, works: false},
	unknown: {glyph: '?', ascii: '?', severity: 3, works: false},
	down: {glyph: '✖', ascii: 'x', severity: 4, works: false},
};

/** Compares states for sorting, worst first. */
export function compareWorstFirst(a: State, b: State): number {
	return stateWords[b].severity - stateWords[a].severity;
}

/** Parses the name of a state; `undefined` if there is none of that name. */
export function parseState(text: string): State | undefined {
	return states.find(state => state === text);
}
