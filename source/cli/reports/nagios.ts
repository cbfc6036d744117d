import type {DaemonFacts, WalletFacts} from '../../domain/check-result.js';
import {compareNames, fleetTipLag} from '../../domain/fleet.js';
import {countWithNoun} from '../../domain/format.js';
import {type State, states} from '../../domain/state.js';
import type {NodeReport, StatusDocument} from '../../domain/status-document.js';
import {cleanText} from '../../domain/text.js';

/** The service states of a Nagios plugin and their exit codes. */
const services = {OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3} as const;
type Service = keyof typeof services;

/** The node states that lead to each service state, worst first. */
const meanings: ReadonlyArray<readonly [service: Service, states: readonly State[]]> = [
	['CRITICAL', ['down']],
	['WARNING', ['busy', 'degraded']],
	['UNKNOWN', ['unknown']],
	['OK', ['up']],
];

/** Maximum length of the text before the perfdata: some programs show no more. */
const maxTextLength = 79;

/** The output line and exit code of a Nagios plugin. */
export interface NagiosReport {
	readonly line: string;
	readonly exitCode: number;
}

/**
 * Reports the checked nodes in the format of a Nagios plugin, with perfdata.
 * @param slowMs warning threshold of the latency, in milliseconds
 */
export function nagiosReport(document: StatusDocument, slowMs: number): NagiosReport {
	const {nodes: rows, total, at, silent_hosts: hosts = []} = document;
	const [service, worst] = meanings.find(([, some]) => rows.some(({state}) => some.includes(state))) ?? ['UNKNOWN', []];
	const nodes = rows.filter(({name}) => !hosts.includes(name));
	const [only] = rows.length === 1 ? rows : [];
	const past = at === undefined ? '' : `as of ${at}: `;
	const text = `${past}${only ? nodeText(only) : fleetText(nodes, hosts, worst)}`;
	const perfdata = [
		...(only && total === 1 ? nodePerfdata(only, slowMs) : []),
		...countPerfdata(nodes, total),
		...(rows.some(({host}) => host !== undefined) ? [`'silent_hosts'=${hosts.length};;0;0`] : []),
	];
	return {line: line(service, text, perfdata), exitCode: services[service]};
}

/** Reports an error as a Nagios plugin does: state UNKNOWN. */
export function nagiosError(message: string): NagiosReport {
	return {line: line('UNKNOWN', message, []), exitCode: services.UNKNOWN};
}

function line(service: Service, text: string, perfdata: readonly string[]): string {
	const head = `MONERO ${service} - `;
	// An error is not cut, because the advice is at its end.
	const room = perfdata.length > 0 ? maxTextLength - head.length : 1000;
	const shown = cleanText(text.replaceAll('|', '/'), room);
	return `${head}${shown}${perfdata.length > 0 ? ` | ${perfdata.join(' ')}` : ''}\n`;
}

function nodeText({name, state, status, latency_ms: latencyMs, message, reason}: NodeReport): string {
	const why = state === 'up' ? '' : `: ${reason ?? message}`;
	const inTime = status && latencyMs !== undefined ? `, ${seconds(latencyMs)}s` : '';
	return `${name} is ${state}${state === 'up' ? inTime : why}`;
}

function fleetText(nodes: readonly NodeReport[], hosts: readonly string[], worst: readonly State[]): string {
	const inState = (state: State): string[] =>
		nodes
			.filter(node => node.state === state)
			.map(({name}) => name)
			.sort(compareNames);
	const parts = [...states]
		.reverse()
		.map(state => ({state, names: inState(state)}))
		.filter(({names}) => names.length > 0);
	const silent = hosts.length > 0 ? [`${countWithNoun(hosts.length, 'host')} silent`] : [];
	const counts = [...silent, ...parts.map(({state, names}) => `${names.length} ${state}`)].join(', ');
	const toBlame = worst.includes('up') ? [] : [...hosts, ...worst.flatMap(inState)];
	const total = nodes.length > 0 || hosts.length === 0 ? ` of ${nodes.length}` : '';
	return `${counts}${total}${toBlame.length > 0 ? `: ${toBlame.join(', ')}` : ''}`;
}

/** Perfdata as `'label'=value;warn;crit;min;max`; `U` means unknown. */
function nodePerfdata({status, latency_ms: latencyMs, details}: NodeReport, slowMs: number): string[] {
	const facts: DaemonFacts & WalletFacts = 'version' in details ? details : {};
	const lag = fleetTipLag(facts, status);
	const latency = status && latencyMs !== undefined ? `${seconds(latencyMs)}s` : 'U';
	return [`'latency'=${latency};${seconds(slowMs)};;0`, ...(lag === undefined ? [] : [`'lag'=${lag};;;0`])];
}

/** The thresholds `warn;crit` of each count: warning for any degraded or busy node, critical for any down node. */
const countLimits: Readonly<Record<State, string>> = {up: ';', degraded: '0;', busy: '0;', unknown: ';', down: ';0'};

function countPerfdata(nodes: readonly NodeReport[], total: number): string[] {
	const counts = states.map(state => {
		const count = nodes.filter(node => node.state === state).length;
		return `'${state}'=${count};${countLimits[state]};0;${total}`;
	});
	return [`'total'=${total};;;0`, ...counts];
}

const seconds = (ms: number): string => String(Number((ms / 1000).toFixed(4)));
