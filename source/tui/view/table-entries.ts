import {makeTableRow, type Row} from '../../cli/reports/columns.js';
import type {CheckMethod} from '../../domain/check-method.js';
import {compact} from '../../domain/compact.js';
import {compareNames, type FleetNode, type FleetSnapshot} from '../../domain/fleet.js';
import type {Node} from '../../domain/node/node.js';
import {stateWords} from '../../domain/state.js';
import {cleanText} from '../../domain/text.js';
import {type FilterSubject, parseFilter, versionNumber} from '../../domain/view/filter.js';
import type {Grouping, SortKey} from '../../domain/view/remembered-view.js';

/** One node of the table. */
export interface NodeEntry extends Ranked {
	readonly kind: 'node';
	readonly node: FleetNode;
}

/** The heading above the nodes of one daemon, group or host. */
export interface GroupEntry {
	readonly kind: 'group';
	readonly by: Exclude<Grouping, 'none'>;
	/** The daemon's address, the group or the host; absent for nodes without one. */
	readonly name: string | undefined;
	/** Negative id of a daemon's heading, which can be selected; constant while the program runs. */
	readonly id?: number;
	readonly members: readonly NodeEntry[];
}

/** One row of the table. */
export type TableEntry = NodeEntry | GroupEntry;

/** The settings that decide which nodes are listed and in which order. */
export interface Listing {
	readonly sort: SortKey;
	readonly inverted: boolean;
	readonly filter: string;
	readonly problemsOnly: boolean;
	readonly grouping: Grouping;
}

/** Other data that a listing depends on. */
export interface ListingContext {
	/** Milliseconds since the epoch. */
	readonly nowMs: number;
	/** Uptime of the last 24 hours in percent, by node id. Default: none known. */
	readonly uptimes?: ReadonlyMap<number, number>;
}

/** The table's rows, listed. */
export interface Listed {
	/** Every node of the fleet, in order of ids. */
	readonly all: readonly NodeEntry[];
	/** All rows from top to bottom, including those out of sight. */
	readonly entries: readonly TableEntry[];
	/** Ids of the listed nodes, in order. */
	readonly ids: readonly number[];
	/** Ids of the rows that can be selected: the nodes and the headings of daemons. */
	readonly selectableIds: readonly number[];
	/** Ids of the rows; a heading that cannot be selected has none. */
	readonly rowIds: readonly (number | undefined)[];
	/** The error of an invalid filter, in one line. */
	readonly filterProblem?: string;
}

/** Creates a function that lists a fleet and caches what has not changed since its last call. */
export function createLister(): (snapshot: FleetSnapshot, listing: Listing, context: ListingContext) => Listed {
	const rows = new WeakMap<FleetNode, {readonly method: CheckMethod; readonly entry: NodeEntry}>();
	let ranked: {readonly nodes: readonly Node[]; readonly ranks: ReadonlyMap<number, number>} | undefined;
	let last:
		| (ListingContext & {readonly key: string; readonly snapshot: FleetSnapshot; readonly listed: Listed})
		| undefined;

	const ranksOf = (nodes: readonly FleetNode[]): ReadonlyMap<number, number> => {
		const known = ranked;
		if (!known || known.nodes.length !== nodes.length || nodes.some(({node}, index) => node !== known.nodes[index])) {
			const byName = nodes.map(({node}) => node).sort((a, b) => compareNames(a.name, b.name));
			ranked = {nodes: nodes.map(({node}) => node), ranks: new Map(byName.map(({id}, rank) => [id, rank]))};
		}

		return ranked?.ranks ?? new Map();
	};

	const entryOf = (node: FleetNode, method: CheckMethod, nameRank: number, uptime: number | undefined): NodeEntry => {
		const known = rows.get(node);
		if (known?.method === method && known.entry.nameRank === nameRank && known.entry.row.uptimePercent === uptime) {
			return known.entry;
		}

		const entry: NodeEntry = {kind: 'node', node, nameRank, row: cleanRow(makeTableRow(node, method, uptime))};
		rows.set(node, {method, entry});
		return entry;
	};

	return (snapshot, {sort, inverted, filter, problemsOnly, grouping}, {nowMs, uptimes}) => {
		const {matches, usesTime, problem} = parseFilter(filter);
		const key = JSON.stringify([sort, inverted, filter, problemsOnly, grouping, usesTime ? nowMs : 0]);
		if (last?.snapshot === snapshot && last.key === key && last.uptimes === uptimes) {
			return last.listed;
		}

		const ranks = ranksOf(snapshot.nodes);
		const all = snapshot.nodes.map(node => {
			const {id} = node.node;
			return entryOf(node, snapshot.method, ranks.get(id) ?? 0, uptimes?.get(id));
		});
		const wanted = all.filter(
			({row}) =>
				(!problemsOnly || isProblem(row)) &&
				(filter === '' || matches(usesTime ? subjectOf(row, nowMs) : timelessSubjectOf(row))),
		);
		const sorted = sortRanked(wanted, sort, {inverted, compareTexts: compareNames});
		const entries = grouping === 'none' ? sorted : groupBy(sorted, grouping);
		const rowIds = entries.map(entry => (entry.kind === 'node' ? entry.row.id : entry.id));
		const selectableIds = rowIds.filter(id => id !== undefined);
		const ids = selectableIds.filter(id => id >= 0);
		const listed: Listed = compact({all, entries, rowIds, selectableIds, ids, filterProblem: problem});
		last = compact({key, snapshot, listed, nowMs, uptimes});
		return listed;
	};
}

/** Cleans texts from outside again before they are drawn, in case they were not cleaned before. */
function cleanRow(row: Row): Row {
	const title = row.title === undefined ? {} : {title: cleanText(row.title)};
	return {...row, ...title, text: cleanText(row.text)};
}

/** Whether the node needs attention: enabled and not up. */
function isProblem({disabled, state}: Row): boolean {
	return !disabled && state !== 'up';
}

/** Cached, because all rows are matched again for every letter of a filter. */
const subjects = new WeakMap<Row, FilterSubject>();

/** The filter data of a row without times, for filters that do not use them. */
function timelessSubjectOf(row: Row): FilterSubject {
	const known = subjects.get(row) ?? subjectOf(row, 0);
	subjects.set(row, known);
	return known;
}

/** The data of a row that filters match. */
function subjectOf(row: Row, nowMs: number): FilterSubject {
	const {name, title, group, host, address, daemon, versionText: version, state, disabled, text: message} = row;
	const {lagBlocks, latencyMs, sinceMs, cpuPercent, uptimePercent} = row;
	const known = {name, title, group, host, address, daemon, version, state, disabled, message};
	const forMs = sinceMs === undefined ? undefined : Math.max(0, nowMs - sinceMs);
	return compact({...known, lagBlocks, latencyMs, forMs, cpuPercent, uptimePercent});
}

/** Groups the rows, in the order of the groups' first nodes; nodes without a group are last. */
function groupBy(sorted: readonly NodeEntry[], by: GroupEntry['by']): readonly TableEntry[] {
	const groups = new Map<string | undefined, NodeEntry[]>();
	for (const entry of sorted) {
		const name = entry.row[by];
		const members = groups.get(name) ?? [];
		members.push(entry);
		groups.set(name, members);
	}

	return [...groups]
		.sort(([a], [b]) => Number(a === undefined) - Number(b === undefined))
		.flatMap(([name, members]): readonly TableEntry[] => {
			const id = by === 'daemon' && name !== undefined ? daemonId(name) : undefined;
			return [{kind: 'group', by, name, members, ...(id === undefined ? {} : {id})}, ...members];
		});
}

const daemons: string[] = [];

/** The id of a daemon's heading: negative, unlike those of nodes. */
function daemonId(daemon: string): number {
	const index = daemons.indexOf(daemon);
	return -(index === -1 ? daemons.push(daemon) : index + 1);
}

/** The daemon whose heading has this id. */
export function daemonOfId(id: number): string | undefined {
	return daemons[-id - 1];
}

/** A row and its position in the order of names. */
export interface Ranked {
	readonly row: Row;
	readonly nameRank: number;
}

interface SortRule {
	/** Its text in the picker. */
	readonly about: string;
	/** Whether larger values come first unless inverted: the worst, the slowest, the longest. */
	readonly descending: boolean;
	/** The value to compare; rows without one are always last. Texts are compared in natural order. */
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
 * Sorts by a key; equal rows by name, disabled nodes last.
 * @param compareTexts compares names and groups
 */
function sortRanked<R extends Ranked>(
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
