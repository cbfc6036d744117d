import type {Row} from '../../cli/reports/columns.js';
import {stateWords} from '../../domain/state.js';
import {versionNumber} from '../../domain/view/filter.js';
import type {SortKey} from '../../domain/view/remembered-view.js';

/** A row and its place in the order of names. */
export interface Ranked {
	readonly row: Row;
	readonly nameRank: number;
}

interface SortRule {
	/** What it sorts by, in the words of the picker. */
	readonly about: string;
	/** Whether larger values come first unless inverted: the worst, the slowest, the longest. */
	readonly descending: boolean;
	/** The value to compare; rows without one come last either way. Texts are compared as people order names. */
	readonly rankBy: (ranked: Ranked) => number | string | undefined;
}

/** How each key sorts. */
export const sortRules: Readonly<Record<SortKey, SortRule>> = {
	state: {about: 'state, worst first', descending: true, rankBy: ({row}) => stateWords[row.state].severity},
	name: {about: 'name', descending: false, rankBy: ({nameRank}) => nameRank},
	group: {about: 'group', descending: false, rankBy: ({row}) => row.group},
	host: {about: 'host', descending: false, rankBy: ({row}) => row.host},
	version: {about: 'version, oldest first', descending: false, rankBy: ({row}) => versionNumber(row.versionText)},
	latency: {about: 'latency, slowest first', descending: true, rankBy: ({row}) => row.latencyMs},
	lag: {about: 'lag in blocks, farthest behind first', descending: true, rankBy: ({row}) => row.lagBlocks},
	since: {
		about: 'time in state, longest first',
		descending: true,
		rankBy: ({row}) => (row.sinceMs === undefined ? undefined : -row.sinceMs),
	},
	uptime: {about: 'uptime over 24 h, lowest first', descending: false, rankBy: ({row}) => row.uptimePercent},
	cpu: {about: 'CPU use of the process, highest first', descending: true, rankBy: ({row}) => row.cpuPercent},
};

/**
 * Sorts by a key: disabled nodes last, equal ones by name.
 * @param compareTexts orders names and groups
 */
export function sortRanked<R extends Ranked>(
	some: readonly R[],
	key: SortKey,
	{inverted, compareTexts}: {readonly inverted: boolean; readonly compareTexts: (a: string, b: string) => number},
): R[] {
	const {descending, rankBy} = sortRules[key];
	const direction = descending === inverted ? 1 : -1;
	const compare = (a: number | string, b: number | string): number =>
		direction * (typeof a === 'string' || typeof b === 'string' ? compareTexts(String(a), String(b)) : a - b);
	return some
		.map(ranked => ({ranked, value: rankBy(ranked)}))
		.sort(
			(a, b) =>
				Number(a.ranked.row.disabled) - Number(b.ranked.row.disabled) ||
				(a.value === undefined || b.value === undefined
					? Number(a.value === undefined) - Number(b.value === undefined)
					: compare(a.value, b.value)) ||
				a.ranked.nameRank - b.ranked.nameRank,
		)
		.map(({ranked}) => ranked);
}
