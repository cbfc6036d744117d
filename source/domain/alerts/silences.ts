import {compact} from '../compact.js';
import {isSameDaemon} from '../daemon-address.js';
import {durationForm, parseDurationMs} from '../format.js';
import {InputError} from '../input-error.js';
import type {Node} from '../node/node.js';

/** A silence: until it ends, no alerts are sent for the nodes or the daemon it names. */
export interface Silence {
	/** A positive number, never reused. */
	readonly id: number;
	/** The silenced nodes; without nodes, group or daemon it silences every node. */
	readonly nodes?: ReadonlyArray<Pick<Node, 'id' | 'name'>>;
	/** The silenced group. */
	readonly group?: string;
	/** The silenced daemon, in the short form of `daemonText`. */
	readonly daemon?: string;
	/** Who created it, such as `ann@host`. */
	readonly by: string;
	readonly reason?: string;
	/** When it was created; ISO-8601 UTC. */
	readonly at: string;
	/** When it expires, or when it was ended; ISO-8601 UTC. */
	readonly until: string;
	/** Present and true if a person, or the command it was created for, ended it at `until`. */
	readonly ended?: true;
}

/** What a new silence covers, and for how long. */
export interface NewSilence extends Pick<Silence, 'nodes' | 'group' | 'daemon' | 'by' | 'reason'> {
	/** Milliseconds. */
	readonly forMs: number;
}

/** Stores silences; `source/adapters` implements it with silences.json. */
export interface SilenceStore {
	/** Path of silences.json. */
	readonly path: string;
	/** The user of this program, such as `ann@host`. */
	readonly whoAmI: () => string;
	/**
	 * Every silence, including those that have ended. Calling it again is cheap while the file is unchanged. Never throws: if
	 * the file cannot be read, nothing is silenced.
	 */
	readonly read: () => readonly Silence[];
	/**
	 * One line that says why the file cannot be read, so that nothing is silenced; `undefined` if it can be read or does not
	 * exist.
	 */
	readonly problem: () => string | undefined;
	/**
	 * Changes the silences under a lock and writes them to disk at once. A corrupt file is renamed and kept.
	 * @throws InputError (`save_failed`, or `newer_config` if a newer version wrote the file)
	 */
	readonly update: (change: (silences: readonly Silence[]) => readonly Silence[]) => Promise<readonly Silence[]>;
}

/**
 * A silence that starts further in the future than this is inactive, so that setting the clock back cannot extend it much;
 * milliseconds.
 */
const disorderMs = 3_600_000;

/** Whether a silence is active. One that starts in the future was written by a wrong clock, and is inactive. */
export function isActiveSilence({at, until}: Silence, nowMs: number): boolean {
	return nowMs < Date.parse(until) && nowMs >= Date.parse(at) - disorderMs;
}

/**
 * The silence of a node that expires last.
 * @param silences the active silences
 * @param daemon the daemon that causes its problem
 */
export function silenceOf(silences: readonly Silence[], node: Node, daemon?: string): Silence | undefined {
	return silences
		.filter(silence => isAbout(silence, node, daemon))
		.reduce<Silence | undefined>((last, each) => (last && last.until >= each.until ? last : each), undefined);
}

function isAbout({nodes, group, daemon}: Silence, node: Node, cause: string | undefined): boolean {
	if (nodes) {
		return nodes.some(({id}) => id === node.id);
	}

	if (group !== undefined) {
		return node.group === group;
	}

	return daemon === undefined || (cause !== undefined && isSameDaemon(daemon, cause));
}

/** The maximum duration of a silence, in milliseconds; a node that is silenced for longer is in effect not monitored. */
const maxSilenceMs = 366 * 24 * 3_600_000;

/** What {@link parseSilenceMs} accepts, in words. */
export const silenceDurationForm = `${durationForm}, at most 8784h`;

/** Parses the duration of a silence, in milliseconds; `undefined` if the text is not valid. */
export function parseSilenceMs(text: string): number | undefined {
	const ms = parseDurationMs(text);
	return ms !== undefined && ms <= maxSilenceMs ? ms : undefined;
}

/**
 * The active silences.
 * @throws InputError (`invalid_config`) if the file cannot be read: an empty list would be a wrong answer
 */
export function readActiveSilences(store: SilenceStore, nowMs: number): readonly Silence[] {
	const problem = store.problem();
	if (problem !== undefined) {
		throw new InputError('invalid_config', problem);
	}

	return store.read().filter(silence => isActiveSilence(silence, nowMs));
}

/**
 * Finds silences by their ids or by names of nodes.
 * @param silences the active silences
 * @param configured the configured nodes, because nodes may have been renamed since the silence was created
 * @param onMissing creates the error that is thrown for the first word that matches no silence
 */
export function findMeantSilences(
	silences: readonly Silence[],
	words: readonly string[],
	configured: readonly Pick<Node, 'id' | 'name'>[],
	onMissing: (word: string) => InputError,
): readonly Silence[] {
	const isMeant = ({id, nodes = []}: Silence, word: string): boolean => {
		const node = configured.find(({name}) => name === word);
		return /^\d+$/.test(word)
			? id === Number(word)
			: nodes.some(each => (node ? each.id === node.id : each.name === word));
	};
	const missing = words.find(word => !silences.some(silence => isMeant(silence, word)));
	if (missing !== undefined) {
		throw onMissing(missing);
	}

	return silences.filter(silence => words.some(word => isMeant(silence, word)));
}

/** Adds a silence, and removes those that ended more than a day ago. @returns all silences, the new one last */
export function withSilence(
	silences: readonly Silence[],
	{forMs, ...about}: NewSilence,
	nowMs: number,
): readonly Silence[] {
	const dayMs = 24 * 3_600_000;
	const kept = silences.filter(({until}) => nowMs - Date.parse(until) <= dayMs);
	const id = Math.max(0, ...silences.map(silence => silence.id)) + 1;
	const [at, until] = [nowMs, nowMs + forMs].map(ms => new Date(ms).toISOString()) as [string, string];
	return [...kept, compact({id, ...about, at, until})];
}

/** Ends the matching silences at the given time, if they would last longer. */
export function withSilencesEnded(
	silences: readonly Silence[],
	isMeant: (silence: Silence) => boolean,
	endMs: number,
): readonly Silence[] {
	const until = new Date(endMs).toISOString();
	return silences.map(silence =>
		isMeant(silence) && silence.until > until ? {...silence, until, ended: true} : silence,
	);
}

/** What a silence covers, in words: `a, b`, `group hot`, `daemon h:18081` or `all nodes`. */
export function silenceSubject({nodes, group, daemon}: Pick<Silence, 'nodes' | 'group' | 'daemon'>): string {
	if (nodes) {
		return nodes.map(({name}) => name).join(', ');
	}

	return group === undefined ? (daemon === undefined ? 'all nodes' : `daemon ${daemon}`) : `group ${group}`;
}

/** The end, author and reason of a silence: `until 2026-11-26 21:00 UTC by ann@host: restart`. */
export function silenceText({until, by, reason}: Pick<Silence, 'until' | 'by' | 'reason'>): string {
	const end = until.slice(0, 16).replace('T', ' ');
	return `until ${end} UTC by ${by}${reason === undefined ? '' : `: ${reason}`}`;
}
