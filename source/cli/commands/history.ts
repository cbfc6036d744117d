import {
	allowedHistoryLimit,
	collectNodeHistories,
	historyDocument,
	type Pasts,
	parseHistoryLimit,
	takeLastEntries,
} from '../../application/history-document.js';
import {refuseUnknownGroup, requireNode} from '../../application/selection.js';
import {checkMethodWords, type RecordedMethod} from '../../domain/check-method.js';
import {localTimeText, spanText} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node/node.js';
import type {Transition} from '../../domain/past/transition.js';
import type {Invocation, RunCommand} from '../command.js';
import {writeJson, writeNote} from '../output.js';
import {historyReportText, transitionsCsv} from '../reports/history-report.js';
import {
	hasConnectFlag,
	noNodesNote,
	parseFlagValue,
	refuseUnusedTokenFlag,
	resolveRunSettings,
} from '../run-settings.js';
import type {SilentHostReason} from './remote-history.js';

/** Default limit of outages and transitions, to keep the output short. */
const shownByDefault = 20;

/** Prints uptime, outages and state changes of one node or all, by the current method. Checks nothing, writes nothing. */
export const runHistory: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdout, nowMs} = surroundings;
	if (flags.isOn('json') && flags.isOn('csv')) {
		throw new InputError('bad_usage', '--json and --csv cannot be combined');
	}

	const limit = limitOf(invocation);
	refuseUnusedTokenFlag(flags);
	const {method, pasts, asOfMs, silent = []} = await readAll(invocation, limit, nowMs());
	if (flags.isOn('json')) {
		const document = historyDocument({method, pasts, asOfMs}, limit);
		writeJson(stdout, silent.length > 0 ? {...document, silent_hosts: silent} : document);
	} else if (flags.isOn('csv')) {
		const transitions = pasts.flatMap(past => past.transitions).sort((a, b) => (a.at < b.at ? -1 : 1));
		stdout.write(transitionsCsv(takeLastEntries(transitions, limit)));
	} else if (pasts.length > 0) {
		if (flags.text('at') !== undefined) {
			stdout.write(`PAST: as of ${localTimeText(asOfMs)} (${spanText(nowMs() - asOfMs)} ago)\n`);
		}

		stdout.write(historyReportText(pasts, {limit: limit ?? shownByDefault, nowMs: asOfMs}));
	}

	return silent.length > 0 ? 1 : 0;
};

async function readAll(
	invocation: Invocation,
	limit: number | undefined,
	nowMs: number,
): Promise<Pasts & {readonly silent?: readonly SilentHostReason[]}> {
	const {flags} = invocation;
	if (hasConnectFlag(flags)) {
		const {readConnectedHistories} = await import('./remote-history.js');
		return readConnectedHistories(invocation, limit, nowMs);
	}

	if (flags.text('timeout') !== undefined) {
		throw new InputError('bad_usage', '--timeout is not allowed without --connect: local history is read from files');
	}

	return readPasts(invocation, nowMs);
}

function limitOf({flags}: Invocation): number | undefined {
	const text = flags.text('limit');
	return text === undefined ? undefined : parseFlagValue('limit', text, parseHistoryLimit, allowedHistoryLimit);
}

async function readPasts({input, flags, surroundings}: Invocation, asOfMs: number): Promise<Pasts> {
	const {nodeStore, resultStore} = surroundings.openStores(flags);
	const say = (line: string | undefined): void => writeNote(surroundings.stderr, line);
	const file = nodeStore.read();
	const method = checkMethodWords[resolveRunSettings(file, flags, nodeStore.path).method].recordedAs;
	const group = flags.text('group');
	refuseUnknownGroup(file.nodes, group, nodeStore.path);
	const named = new Set(input.map(name => requireNode(file.nodes, name, nodeStore.path)));
	const nodes = file.nodes.filter(
		node => (named.size === 0 || named.has(node)) && (group === undefined || node.group === group),
	);
	if (nodes.length === 0) {
		say(noNodesNote(file.nodes.length, nodeStore.path, group));
	}

	const nodeStates = resultStore.read();
	say(resultStore.takeNote());
	const [only] = nodes;
	const read = await resultStore.readTransitions(only && nodes.length === 1 ? {nodeId: only.id} : undefined);
	const remembered = nodes.map(node => ({node, nodeState: nodeStates.get(node.id) ?? {}}));
	const pasts = collectNodeHistories(remembered, read, {method, nowMs: asOfMs});
	say(elsewhere(nodes, read, method));
	return {method, pasts, asOfMs};
}

/** Explains which method has a history when the current method has none. */
function elsewhere(
	nodes: readonly Node[],
	transitions: readonly Transition[],
	method: RecordedMethod,
): string | undefined {
	const ids = new Set(nodes.map(({id}) => id));
	const others = transitions.filter(({node_id: id}) => ids.has(id));
	const other = others[0]?.method;
	return other !== undefined && others.every(transition => transition.method !== method)
		? `no history for method ${method}; for another method: --method ${other}`
		: undefined;
}
