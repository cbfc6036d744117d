import {compact} from '../compact.js';
import {isSameDaemon} from '../daemon-address.js';
import {durationForm, parseDurationMs} from '../format.js';
import {InputError} from '../input-error.js';
import type {Node} from '../node/node.js';

/** A time in which nobody is told of some trouble. */
export interface Silence {
	/** A positive number, never reused. */
	readonly id: number;
	/** The nodes whose trouble it is; with no nodes, group or daemon it is all trouble. */
	readonly nodes?: ReadonlyArray<Pick<Node, 'id' | 'name'>>;
	/** The group whose nodes they are. */
	readonly group?: string;
	/** The daemon whose trouble it is, in the short form of `daemonText`. */
	readonly daemon?: string;
	/** Who began it, such as `ann@host`. */
	readonly by: string;
	readonly reason?: string;
	/** When it began; ISO-8601 UTC. */
	readonly at: string;
	/** When it ends by itself; ISO-8601 UTC. */
	readonly until: string;
	/** Present and true when a person, or the command it was for, ended it at that time. */
	readonly ended?: true;
}

/** What a new silence is about, and for how long. */
export interface NewSilence extends Pick<Silence, 'nodes' | 'group' | 'daemon' | 'by' | 'reason'> {
	/** Milliseconds. */
	readonly forMs: number;
}

/** The silences, as the application sees them. `source/adapters` holds the real ones, in silences.json. */
export interface SilenceStore {
	/** Path of silences.json. */
	readonly path: string;
	/** Who runs this program, such as `ann@host`. */
	readonly whoAmI: () => string;
	/**
	 * Every silence, those that have ended included. Cheap to call again while the file has not changed. Never throws: a file that
	 * cannot be read silences nobody.
	 */
	readonly read: () => readonly Silence[];
	/** Why the file silences nobody, in one line; `undefined` while it can be read, or is missing. */
	readonly problem: () => string | undefined;
	/**
	 * Changes them under a lock, at once on the disk. A corrupt file is set aside.
	 * @throws InputError (`save_failed`, or `newer_config` where a newer version wrote the file)
	 */
	readonly update: (change: (silences: readonly Silence[]) => readonly Silence[]) => Promise<readonly Silence[]>;
}

/** A clock that is set back must not make a silence much longer; milliseconds. */
const disorderMs = 3_600_000;

/** Whether it holds now. One that began in the future was written by a wrong clock, and silences nobody. */
export function isActiveSilence({at, until}: Silence, nowMs: number): boolean {
	return nowMs < Date.parse(until) && nowMs >= Date.parse(at) - disorderMs;
}

/**
 * The silence of a node that lasts longest.
 * @param silences those that hold now
 * @param daemon the daemon that explains its trouble
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

/** The longest silence, in milliseconds: what lasts longer is a node that nobody watches. */
const longestMs = 366 * 24 * 3_600_000;

/** What {@link parseSilenceMs} takes, in words. */
export const silenceDurationForm = `${durationForm}, at most 8784h`;

/** Reads how long a silence lasts, in milliseconds; `undefined` when the text is not acceptable. */
export function parseSilenceMs(text: string): number | undefined {
	const ms = parseDurationMs(text);
	return ms !== undefined && ms <= longestMs ? ms : undefined;
}

/**
 * The silences that hold now.
 * @throws InputError (`invalid_config`) where the file cannot be believed: that nobody is silenced is then no answer
 */
export function readActiveSilences(store: SilenceStore, nowMs: number): readonly Silence[] {
	const problem = store.problem();
	if (problem !== undefined) {
		throw new InputError('invalid_config', problem);
	}

	return store.read().filter(silence => isActiveSilence(silence, nowMs));
}

/**
 * Which silences are meant by their ids or by names of nodes.
 * @param silences those that hold now
 * @param configured nodes: one may have another name by now, and another node its old one
 * @param onMissing called for the first word that means none; its error is thrown
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

/** Begins a silence. Those that ended more than a day ago are forgotten. @returns all, the new one last */
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

/** Ends silences at a time: those that hold until then, and are meant. */
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

/** Whom it is about, in words: `a, b`, `group hot`, `daemon h:18081` or `all nodes`. */
export function silenceSubject({nodes, group, daemon}: Pick<Silence, 'nodes' | 'group' | 'daemon'>): string {
	if (nodes) {
		return nodes.map(({name}) => name).join(', ');
	}

	return group === undefined ? (daemon === undefined ? 'all nodes' : `daemon ${daemon}`) : `group ${group}`;
}

/** How long and why, in words: `until 2026-11-26 21:00 UTC by ann@host: restart`. */
export function silenceText({until, by, reason}: Pick<Silence, 'until' | 'by' | 'reason'>): string {
	const end = until.slice(0, 16).replace('T', ' ');
	return `until ${end} UTC by ${by}${reason === undefined ? '' : `: ${reason}`}`;
}
