import {makeTableRow, type Row} from '../../cli/reports/columns.js';
import type {CheckMethod} from '../../domain/check-method.js';
import {compareNames, type FleetNode, type FleetSnapshot} from '../../domain/fleet.js';
import type {Node} from '../../domain/node/node.js';
import {cleanText} from '../../domain/text.js';
import {type Ranked, type SortKey, sortRanked} from './sort-keys.js';

/** One node of the table. */
export interface NodeEntry extends Ranked {
	readonly kind: 'node';
	readonly node: FleetNode;
}

/** The line above the nodes of one daemon. */
export interface GroupEntry {
	readonly kind: 'group';
	/** The daemon's address; absent for the nodes that have none. */
	readonly daemon: string | undefined;
	readonly members: readonly NodeEntry[];
}

/** One row of the table. */
export type TableEntry = NodeEntry | GroupEntry;

/** What decides which nodes are listed and in which order. */
export interface Listing {
	readonly sort: SortKey;
	readonly inverted: boolean;
	readonly filter: string;
	readonly problemsOnly: boolean;
	readonly grouped: boolean;
}

/** The table's rows, listed. */
export interface Listed {
	/** Every node of the fleet, in order of ids. */
	readonly all: readonly NodeEntry[];
	/** The rows from top to bottom; which of them are drawn is decided by who draws. */
	readonly entries: readonly TableEntry[];
	/** Ids of the listed nodes, in order. */
	readonly ids: readonly number[];
	/** Ids of the rows; a group's heading has none. */
	readonly rowIds: readonly (number | undefined)[];
}

/** Lists a fleet. What has not changed since the last call is not computed again. */
export function createLister(): (snapshot: FleetSnapshot, listing: Listing) => Listed {
	const rows = new WeakMap<FleetNode, {readonly method: CheckMethod; readonly entry: NodeEntry}>();
	let ranked: {readonly nodes: readonly Node[]; readonly ranks: ReadonlyMap<number, number>} | undefined;
	let last: {readonly key: string; readonly snapshot: FleetSnapshot; readonly listed: Listed} | undefined;

	const ranksOf = (nodes: readonly FleetNode[]): ReadonlyMap<number, number> => {
		const known = ranked;
		if (!known || known.nodes.length !== nodes.length || nodes.some(({node}, index) => node !== known.nodes[index])) {
			const byName = nodes.map(({node}) => node).sort((a, b) => compareNames(a.name, b.name));
			ranked = {nodes: nodes.map(({node}) => node), ranks: new Map(byName.map(({id}, rank) => [id, rank]))};
		}

		return ranked?.ranks ?? new Map();
	};

	const entryOf = (node: FleetNode, method: CheckMethod, nameRank: number): NodeEntry => {
		const known = rows.get(node);
		if (known?.method === method && known.entry.nameRank === nameRank) {
			return known.entry;
		}

		const entry: NodeEntry = {kind: 'node', node, nameRank, row: cleanRow(makeTableRow(node, method))};
		rows.set(node, {method, entry});
		return entry;
	};

	return (snapshot, {sort, inverted, filter, problemsOnly, grouped}) => {
		const key = JSON.stringify([sort, inverted, filter, problemsOnly, grouped]);
		if (last?.snapshot === snapshot && last.key === key) {
			return last.listed;
		}

		const ranks = ranksOf(snapshot.nodes);
		const all = snapshot.nodes.map(node => entryOf(node, snapshot.method, ranks.get(node.node.id) ?? 0));
		const matches = matcherOf(filter);
		const wanted = all.filter(entry => (!problemsOnly || isProblem(entry.row)) && matches(entry));
		const sorted = sortRanked(wanted, sort, inverted);
		const entries = grouped ? groupByDaemon(sorted) : sorted;
		const rowIds = entries.map(entry => (entry.kind === 'node' ? entry.row.id : undefined));
		const listed: Listed = {all, entries, rowIds, ids: rowIds.filter(id => id !== undefined)};
		last = {key, snapshot, listed};
		return listed;
	};
}

/** Texts that came from outside, made safe to print whatever was done to them before. */
function cleanRow(row: Row): Row {
	const title = row.title === undefined ? {} : {title: cleanText(row.title)};
	return {...row, ...title, text: cleanText(row.text)};
}

/** Whether a person should look at it. */
export function isProblem({disabled, state}: Row): boolean {
	return !disabled && state !== 'up';
}

/**
 * What was typed as a filter: every word must be somewhere in what is known of a node.
 * A `!` in front inverts the whole.
 */
export function matcherOf(filter: string): (entry: NodeEntry) => boolean {
	const isInverted = filter.startsWith('!');
	const words = filter
		.slice(isInverted ? 1 : 0)
		.toLowerCase()
		.split(' ')
		.filter(Boolean);
	return entry => {
		const text = words.length === 0 ? '' : searchText(entry.row);
		return words.length === 0 || words.every(word => text.includes(word)) !== isInverted;
	};
}

function searchText(row: Row): string {
	const {name, title, group, address, daemon, state, text, versionText, reportedBy, disabled} = row;
	return [name, title, group, address, daemon, disabled ? 'disabled' : state, text, versionText, reportedBy]
		.filter(Boolean)
		.join('\n')
		.toLowerCase();
}

/** Groups in the order of their first nodes, nodes without a daemon last. */
function groupByDaemon(sorted: readonly NodeEntry[]): readonly TableEntry[] {
	const groups = new Map<string | undefined, NodeEntry[]>();
	for (const entry of sorted) {
		const {daemon} = entry.row;
		const members = groups.get(daemon) ?? [];
		members.push(entry);
		groups.set(daemon, members);
	}

	return [...groups]
		.sort(([a], [b]) => Number(a === undefined) - Number(b === undefined))
		.flatMap(([daemon, members]) => [{kind: 'group', daemon, members} as const, ...members]);
}
