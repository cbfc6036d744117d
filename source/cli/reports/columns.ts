import type {CheckMethod} from '../../domain/check-method.js';
import type {DaemonFacts, VersionFacts, WalletFacts} from '../../domain/check-result.js';
import {compact} from '../../domain/compact.js';
import {hostInUrl} from '../../domain/daemon-address.js';
import type {FactsOf} from '../../domain/facts.js';
import {compareNames, currentVerdict, type FleetNode, fleetTipLag} from '../../domain/fleet.js';
import {ageText, bytesText, countText, formatLatency, sparkline} from '../../domain/format.js';
import type {Node} from '../../domain/node/node.js';
import {listedDaemon} from '../../domain/past/record-result.js';
import {type State, stateWords} from '../../domain/state.js';

/** What a table shows of one node. Absent values are not known. */
export interface Row {
	readonly id: number;
	/** Unique; `host/name` when several hosts are connected. */
	readonly name: string;
	readonly title?: string;
	readonly group?: string;
	/** `host:port`, where the node listens. */
	readonly address: string;
	/** The host that reported it, else the one it listens on. */
	readonly host: string;
	readonly daemon?: string;
	readonly state: State;
	readonly disabled: boolean;
	/** What a person should read: the reason, else the message. */
	readonly text: string;
	readonly versionText?: string;
	/** Milliseconds of the answer; absent when there was none. */
	readonly latencyMs?: number;
	/** Blocks from the tip of the chain: the wallet's lag and its daemon's. */
	readonly lagBlocks?: number;
	/** Milliseconds since the epoch: when this state began. */
	readonly sinceMs?: number;
	/** Processor use of its process, where it was measured; 100 is one core. */
	readonly cpuPercent?: number;
	/** Resident memory of its process, where that is seen. */
	readonly memoryBytes?: number;
	/** The share of the watched time of the last 24 hours in which it worked, 0 to 100. */
	readonly uptimePercent?: number;
	/** The height of its wallet, else of its daemon. */
	readonly height?: number;
	/** The states of the last checks, oldest first. */
	readonly recentStates?: readonly State[];
	/** Milliseconds of the last answers, oldest first. */
	readonly latencies?: readonly number[];
	/** The host that reported the node, when several are remote. */
	readonly reportedBy?: string;
	/** The node's name on that host. */
	readonly ownName?: string;
}

/**
 * Makes the row of a node.
 * @param uptimePercent see {@link Row}
 */
export function makeTableRow(fleetNode: FleetNode, method: CheckMethod, uptimePercent?: number): Row {
	const {node, disabled, origin} = fleetNode;
	const verdict = currentVerdict(fleetNode, method);
	const facts: VersionFacts & DaemonFacts & WalletFacts =
		verdict.result && ('version' in verdict.result.details || 'daemon_height' in verdict.result.details)
			? verdict.result.details
			: {};
	// Without an open wallet nothing of it can be behind.
	const lag = facts.wallet_open === false ? undefined : fleetTipLag(facts);
	const details: object = verdict.result?.details ?? {};
	const usage: FactsOf<'usage'> = details;
	const {cpu_cores: cores, memory_bytes: memoryBytes} = usage;
	const daemon = listedDaemon(node, fleetNode.nodeState);
	return compact({
		id: node.id,
		name: node.name,
		title: node.title,
		group: node.group,
		address: addressOf(node),
		host: origin?.host ?? node.host,
		daemon,
		state: verdict.state,
		disabled,
		text: verdict.text,
		versionText: facts.version_text,
		// A check of which it is not told how long it took has 0.
		...(verdict.result?.status && verdict.result.details.latency_ms > 0
			? {latencyMs: verdict.result.details.latency_ms}
			: {}),
		lagBlocks: lag,
		...(verdict.since === undefined ? {} : {sinceMs: Date.parse(verdict.since)}),
		...(cores === undefined ? {} : {cpuPercent: cores * 100}),
		memoryBytes,
		uptimePercent,
		height: facts.wallet_height ?? facts.daemon_height,
		recentStates: fleetNode.nodeState.recent_states,
		latencies: fleetNode.nodeState.latencies,
		...(origin ? {reportedBy: origin.host, ownName: origin.name ?? origin.host} : {}),
	});
}

/** @returns the host alone where no port is known */
function addressOf({host, port}: Node): string {
	return port === 0 ? host : `${hostInUrl(host)}:${port}`;
}

/** How cells are drawn. */
export interface CellStyle {
	readonly ascii: boolean;
	/** Milliseconds since the epoch. */
	readonly nowMs: number;
	/** Whether a column of its own tells the host: the name need not. */
	readonly hasHostColumn?: boolean;
}

/** One column of a table of nodes. */
export interface Column {
	readonly title: string;
	readonly align: 'left' | 'right';
	/** On a narrow terminal the highest leaves first; absent: never. */
	readonly leaves?: number;
	/** Shown only where every column without this mark already fits, and some row has a value. */
	readonly isExtra?: boolean;
	/** Shown only where some row has a value. */
	readonly isOptional?: boolean;
	/** Shown on a screen alone, which has room for it. */
	readonly isScreenOnly?: boolean;
	readonly cell: (row: Row, style: CellStyle) => string;
	/** Columns of the terminal that the cell takes, where that is known without making it. */
	readonly widthOf?: (row: Row) => number;
}

const notKnown = ({ascii}: CellStyle): string => (ascii ? '-' : '–');
const orNotKnown = (text: string, style: CellStyle): string => (text === '–' ? notKnown(style) : text);

/** Checks that a screen shows of the last ones. */
const recentCount = 20;

/** Every column, in the order they stand. A table, a screen and a filter all read this one. */
export const columns = {
	state: {
		title: 'STATE',
		align: 'left',
		cell: ({state, disabled}, {ascii}) =>
			disabled ? `${ascii ? 'o' : '○'} disabled` : `${stateWords[state][ascii ? 'ascii' : 'glyph']} ${state}`,
	},
	host: {title: 'HOST', align: 'left', leaves: 1, isOptional: true, cell: ({reportedBy}) => reportedBy ?? ''},
	name: {
		title: 'NAME',
		align: 'left',
		cell: ({name, ownName}, {hasHostColumn}) => (hasHostColumn ? (ownName ?? name) : name),
	},
	group: {title: 'GROUP', align: 'left', leaves: 6, isExtra: true, cell: ({group}) => group ?? ''},
	address: {title: 'ADDRESS', align: 'left', leaves: 9, isExtra: true, cell: ({address}) => address},
	daemon: {
		title: 'DAEMON',
		align: 'left',
		leaves: 11,
		isExtra: true,
		isScreenOnly: true,
		cell: ({daemon}) => daemon ?? '',
	},
	version: {
		title: 'VER',
		align: 'right',
		leaves: 5,
		cell: ({versionText}, style) => versionText ?? notKnown(style),
	},
	latency: {
		title: 'LATENCY',
		align: 'right',
		leaves: 4,
		cell: ({latencyMs}, style) => orNotKnown(formatLatency(latencyMs), style),
	},
	lag: {
		title: 'LAG',
		align: 'right',
		leaves: 2,
		cell: ({lagBlocks}, style) => orNotKnown(countText(lagBlocks), style),
	},
	for: {
		title: 'FOR',
		align: 'right',
		leaves: 3,
		cell: ({sinceMs}, style) =>
			orNotKnown(ageText(sinceMs === undefined ? undefined : Math.max(0, style.nowMs - sinceMs)), style),
	},
	uptime: {
		title: 'UPTIME',
		align: 'right',
		leaves: 8,
		isExtra: true,
		isScreenOnly: true,
		// Never 100 % where anything was missed.
		cell: ({uptimePercent}) => (uptimePercent === undefined ? '' : `${Math.floor(uptimePercent * 10) / 10}%`),
	},
	height: {
		title: 'HEIGHT',
		align: 'right',
		leaves: 12,
		isExtra: true,
		isScreenOnly: true,
		cell: ({height}) => (height === undefined ? '' : countText(height)),
	},
	cpu: {
		title: 'CPU',
		align: 'right',
		leaves: 13,
		isExtra: true,
		isScreenOnly: true,
		cell: ({cpuPercent}) => (cpuPercent === undefined ? '' : `${Math.round(cpuPercent)}%`),
	},
	memory: {
		title: 'MEM',
		align: 'right',
		leaves: 14,
		isExtra: true,
		isScreenOnly: true,
		cell: ({memoryBytes}) => (memoryBytes === undefined ? '' : bytesText(memoryBytes)),
	},
	recent: {
		title: 'LAST CHECKS',
		align: 'right',
		leaves: 7,
		isExtra: true,
		isScreenOnly: true,
		cell: ({recentStates = []}, {ascii}) =>
			recentStates
				.slice(-recentCount)
				.map(state => stateWords[state][ascii ? 'ascii' : 'glyph'])
				.join(''),
		widthOf: ({recentStates = []}) => Math.min(recentCount, recentStates.length),
	},
	trend: {
		title: 'LATENCIES',
		align: 'right',
		leaves: 10,
		isExtra: true,
		isScreenOnly: true,
		cell: ({latencies = []}) => sparkline(latencies.slice(-recentCount)),
		widthOf: ({latencies = []}) => Math.min(recentCount, latencies.length),
	},
	message: {title: 'MESSAGE', align: 'left', cell: ({text}) => text},
} as const satisfies Readonly<Record<string, Column>>;

/** The name of a column. */
export type ColumnName = keyof typeof columns;

/** Orders rows worst first, then by name; disabled nodes last. */
export function compareTableRows(a: Row, b: Row): number {
	return (
		Number(a.disabled) - Number(b.disabled) ||
		stateWords[b.state].severity - stateWords[a.state].severity ||
		compareNames(a.name, b.name)
	);
}
