/** The five states, mildest first: the order is their severity. */
export const states = ['up', 'degraded', 'busy', 'unknown', 'down'] as const;

/** The verdict a person reads. */
export type State = (typeof states)[number];

/** How a state looks and counts. */
export interface StateWords {
	/** One column wide in every terminal font, and not of ambiguous East Asian width where avoidable. */
	readonly glyph: string;
	/** The same sign where only ASCII can be drawn. */
	readonly ascii: string;
	/** Larger is worse. */
	readonly severity: number;
	/** The `status` of a result in this state: does the node work? */
	readonly works: boolean;
}

/** The words of every state; a new state does not compile without its row. */
export const stateWords: Readonly<Record<State, StateWords>> = {
	up: {glyph: '●', ascii: '+', severity: 0, works: true},
	degraded: {glyph: '▲', ascii: '!', severity: 1, works: true},
	busy: {glyph: '◐', ascii: '~', severity: 2, works: false},
	unknown: {glyph: '?', ascii: '?', severity: 3, works: false},
	down: {glyph: '✖', ascii: 'x', severity: 4, works: false},
};

/** Orders states worst first. */
export function compareWorstFirst(a: State, b: State): number {
	return stateWords[b].severity - stateWords[a].severity;
}

/** Narrows a word to a state, or `undefined`. */
export function parseState(text: string): State | undefined {
	return states.find(state => state === text);
}
