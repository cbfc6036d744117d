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

/** The data of one table row. Absent values are not known. */
export interface Row {
	readonly id: number;
	/** Unique; `host/name` when several hosts are connected. */
	readonly name: string;
	readonly title?: string;
	readonly group?: string;
	/** `host:port`, where the node listens. Empty if it is not known: metrics do not contain it. */
	readonly address: string;
	/** The remote host that reported it, else the host it listens on. */
	readonly host: string;
	readonly daemon?: string;
	readonly state: State;
	readonly disabled: boolean;
	/** The text of the last column: the reason, else the message. */
	readonly text: string;
	readonly versionText?: string;
	/** Latency of the last answer, in milliseconds; absent when there was none. */
	readonly latencyMs?: number;
	/** Blocks behind the tip of the chain: the wallet's lag plus its daemon's. */
	readonly lagBlocks?: number;
	/** When this state began, in milliseconds since the epoch. */
	readonly sinceMs?: number;
	/** CPU usage of its process; 100 is one core. */
	readonly cpuPercent?: number;
	/** Resident memory of its process. */
	readonly memoryBytes?: number;
	/** Open files of its process and how many it may have; a `pid` or `full` check counts them. */
	readonly openFiles?: number;
	readonly openFilesLimit?: number;
	/** Uptime: the share of the monitored time in the last 24 hours in which it worked, 0 to 100. */
	readonly uptimePercent?: number;
	/** The height of its wallet, else of its daemon. */
	readonly height?: number;
	/** States of the last checks, oldest first. */
	readonly recentStates?: readonly State[];
	/** Latencies of the last answers in milliseconds, oldest first. */
	readonly latencies?: readonly number[];
	/** The remote host that reported the node; absent for a single host. */
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
	const details: object = verdict.result?.details ?? {};
	const usage: FactsOf<'usage'> = details;
	const process: FactsOf<'process_look'> =
		verdict.result?.details.method === 'full' ? verdict.result.details.checks.pid.details : details;
	const {cpu_cores: cores, memory_bytes: memoryBytes} = usage;
	const daemon = listedDaemon(node, fleetNode.nodeState);
	return compact({
		id: node.id,
		name: node.name,
		title: node.title,
		group: node.group,
		address: origin?.name !== undefined && node.port === 0 ? '' : addressOf(node),
		host: origin?.host ?? node.host,
		daemon,
		state: verdict.state,
		disabled,
		text: verdict.text,
		versionText: facts.version_text,
		// The latency is 0 when the remote host did not report it.
		...(verdict.result?.status && verdict.result.details.latency_ms > 0
			? {latencyMs: verdict.result.details.latency_ms}
			: {}),
		lagBlocks: fleetTipLag(facts, verdict.result?.status === true),
		...(verdict.since === undefined ? {} : {sinceMs: Date.parse(verdict.since)}),
		...(cores === undefined ? {} : {cpuPercent: cores * 100}),
		memoryBytes,
		openFiles: process.open_files,
		openFilesLimit: process.open_files_limit,
		uptimePercent,
		height: facts.wallet_height ?? facts.daemon_height,
		recentStates: fleetNode.nodeState.recent_states,
		latencies: fleetNode.nodeState.latencies,
		...(origin ? {reportedBy: origin.host, ownName: origin.name ?? origin.host} : {}),
	});
}

/** @returns `host:port`, or only the host when the port is not known */
function addressOf({host, port}: Node): string {
	return port === 0 ? host : `${hostInUrl(host)}:${port}`;
}

/** The width of a terminal from which on it has room for columns that a narrower one does not show. */
export const wideColumns = 140;

/** How cells are drawn. */
export interface CellStyle {
	readonly ascii: boolean;
	/** Milliseconds since the epoch. */
	readonly nowMs: number;
	/** Whether a separate column shows the host, so that the name is shown without it. */
	readonly hasHostColumn?: boolean;
}

/** One column of a table of nodes. */
export interface Column {
	readonly title: string;
	readonly align: 'left' | 'right';
	/** On a narrow terminal the column with the highest number is dropped first; absent: it is never dropped. */
	readonly leaves?: number;
	/** Shown only if all other columns fit first and some row has a value. */
	readonly isExtra?: boolean;
	/** Shown only if some row has a value. */
	readonly isOptional?: boolean;
	/** Shown only in the live table. */
	readonly isScreenOnly?: boolean;
	/** Of those: shown in a printed table too, on a terminal at least {@link wideColumns} wide. */
	readonly isInWideReports?: boolean;
	readonly cell: (row: Row, style: CellStyle) => string;
	/** Width of the cell in terminal columns, if it can be computed without rendering the cell. */
	readonly widthOf?: (row: Row) => number;
}

const notKnown = ({ascii}: CellStyle): string => (ascii ? '-' : '–');
const orNotKnown = (text: string, style: CellStyle): string => (text === '–' ? notKnown(style) : text);

/** How many of the last checks the live table shows. */
const recentCount = 20;

/** All columns in display order, used by the plain table, the live table and the filter. */
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
		// Rounded down: 100 % only if it always worked.
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
		isInWideReports: true,
		cell: ({cpuPercent}) => (cpuPercent === undefined ? '' : `${Math.round(cpuPercent)}%`),
	},
	memory: {
		title: 'MEM',
		align: 'right',
		leaves: 14,
		isExtra: true,
		isScreenOnly: true,
		isInWideReports: true,
		cell: ({memoryBytes}) => (memoryBytes === undefined ? '' : bytesText(memoryBytes)),
	},
	files: {
		title: 'FILES',
		align: 'right',
		leaves: 15,
		isExtra: true,
		isScreenOnly: true,
		isInWideReports: true,
		cell: ({openFiles, openFilesLimit}) =>
			openFiles === undefined ? '' : `${openFiles}${openFilesLimit === undefined ? '' : `/${openFilesLimit}`}`,
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
