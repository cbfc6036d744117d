import type {Row} from '../../cli/reports/columns.js';
import {stateWords} from '../../domain/state.js';

/** What the table can be sorted by. */
export const sortKeys = ['state', 'name', 'latency', 'version', 'since'] as const;

/** One of {@link sortKeys}. */
export type SortKey = (typeof sortKeys)[number];

/** A row and its place in the order of names. */
export interface Ranked {
	readonly row: Row;
	readonly nameRank: number;
}

interface SortRule {
	/** Whether larger values come first unless inverted: the worst, the slowest, the latest change. */
	readonly descending: boolean;
	/** The value to compare; rows without one come last either way. */
	readonly rankBy: (ranked: Ranked) => number | undefined;
}

/** How each key sorts. */
export const sortRules: Readonly<Record<SortKey, SortRule>> = {
	state: {descending: true, rankBy: ({row}) => stateWords[row.state].severity},
	name: {descending: false, rankBy: ({nameRank}) => nameRank},
	latency: {descending: true, rankBy: ({row}) => row.latencyMs},
	version: {descending: false, rankBy: ({row}) => versionNumber(row.versionText)},
	since: {descending: true, rankBy: ({row}) => row.sinceMs},
};

/** `1.9` before `1.10`. */
function versionNumber(text: string | undefined): number | undefined {
	const [major, minor] = text?.split('.').map(Number) ?? [];
	return major === undefined ? undefined : major * 65_536 + (minor ?? 0);
}

/** Sorts by a key: disabled nodes last, equal ones by name. */
export function sortRanked<R extends Ranked>(some: readonly R[], key: SortKey, inverted: boolean): R[] {
	const {descending, rankBy} = sortRules[key];
	const direction = descending === inverted ? 1 : -1;
	return some
		.map(ranked => ({ranked, value: rankBy(ranked)}))
		.sort(
			(a, b) =>
				Number(a.ranked.row.disabled) - Number(b.ranked.row.disabled) ||
				compareKnown(a.value, b.value, direction) ||
				a.ranked.nameRank - b.ranked.nameRank,
		)
		.map(({ranked}) => ranked);
}

function compareKnown(a: number | undefined, b: number | undefined, direction: number): number {
	if (a === undefined || b === undefined) {
		return Number(a === undefined) - Number(b === undefined);
	}

	return direction * (a - b);
}
