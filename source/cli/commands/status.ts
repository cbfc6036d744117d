import {checkFleet} from '../../application/checker.js';
import {isActiveSilence, type Silence, silenceOf} from '../../domain/alerts/silences.js';
import {compact} from '../../domain/compact.js';
import type {DaemonResultOf} from '../../domain/daemon-report.js';
import type {FinishedCheck, FleetNode} from '../../domain/fleet.js';
import {localTimeText, spanText} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import {coverageGapMs} from '../../domain/past/coverage.js';
import {listedDaemon} from '../../domain/past/record-result.js';
import {exposedFiles, exposedFilesNote} from '../../domain/secret-files.js';
import type {Settings} from '../../domain/settings.js';
import type {State} from '../../domain/state.js';
import {type FailLevel, hasFailingNode, type StatusDocument, statusDocument} from '../../domain/status-document.js';
import type {Invocation, RunCommand} from '../command.js';
import {detectOutputStyle, writeJson, writeNote} from '../output.js';
import {
	drawingFlags,
	hasConnectFlag,
	noNodesNote,
	readFailLevelFlag,
	readStateFlag,
	refuseUnusedTokenFlag,
	resolveRunSettings,
} from '../run-settings.js';
import {openCommandSession} from '../session.js';

/** Checks the named nodes (or all) once and prints a table, JSON, CSV or a Nagios line. */
export const runStatus: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	if (flags.isOn('json-schema')) {
		const {daemonsSchema, statusSchema} = await import('../reports/status-schema.js');
		writeJson(surroundings.stdout, flags.isOn('daemons') ? daemonsSchema : statusSchema);
		return 0;
	}

	const formats = (['json', 'csv', 'nagios'] as const).filter(name => flags.isOn(name));
	if (formats.length > 1) {
		throw new InputError('bad_usage', `--${formats[0]} and --${formats[1]} cannot be combined`);
	}

	if (flags.isOn('daemons') && formats[0] !== undefined && formats[0] !== 'json') {
		throw new InputError('bad_usage', `--daemons and --${formats[0]} cannot be combined`);
	}

	const failLevel = readFailLevelFlag(flags);
	const state = readStateFlag(flags);
	refuseUnusedTokenFlag(flags);
	const isRemote = hasConnectFlag(flags);
	const {finish, ...checked} = await (isRemote ? checkRemote(invocation) : checkOnce(invocation));
	try {
		return await print(invocation, checked, {format: formats[0], state, failLevel});
	} finally {
		// Results are saved only now, so that saving does not delay the output.
		await finish();
	}
};

interface Printing {
	readonly format: 'json' | 'csv' | 'nagios' | undefined;
	readonly state: State | undefined;
	readonly failLevel: FailLevel;
}

/** @returns the exit code */
async function print(
	{flags, surroundings}: Invocation,
	{finished, settings, empty, daemonResult}: Omit<CheckedOnce, 'finish'>,
	{format, state, failLevel}: Printing,
): Promise<number> {
	const {stdout, stderr, nowMs} = surroundings;
	if (flags.isOn('daemons')) {
		const {daemonReports} = await import('../../domain/daemon-report.js');
		const {daemonsDocument, daemonsText} = await import('../reports/daemon-report.js');
		const daemons = daemonReports(finished, daemonResult);
		const wanted = state === undefined ? daemons : daemons.filter(daemon => daemon.state === state);
		if (format === 'json') {
			writeJson(stdout, daemonsDocument(finished, daemons, wanted));
		} else {
			const traits = detectOutputStyle(drawingFlags(flags), surroundings.env, stdout.isTTY === true);
			stdout.write(daemonsText(wanted, {...traits, nowMs: nowMs()}));
			const none = daemons.length === 0 ? 'none of the nodes names a daemon' : `no daemon is ${state}`;
			writeNote(stderr, wanted.length === 0 && finished.nodes.length > 0 ? none : undefined);
		}

		return hasFailingNode({nodes: daemons}, failLevel) ? 1 : 0;
	}

	const document = statusDocument(finished);
	if (format === 'nagios') {
		const {nagiosError, nagiosReport} = await import('../reports/nagios.js');
		const report = empty === undefined ? nagiosReport(document, settings.slow) : nagiosError(empty);
		stdout.write(report.line);
		return report.exitCode;
	}

	const listed: StatusDocument = state === undefined ? document : onlyState(document, state);
	if (format === 'json') {
		writeJson(stdout, listed);
	} else if (format === 'csv') {
		stdout.write((await import('../reports/text-table.js')).statusCsv(listed));
	} else {
		const {atMs} = finished;
		if (atMs !== undefined) {
			stdout.write(`PAST: as of ${localTimeText(atMs)} (${spanText(nowMs() - atMs)} ago)\n`);
		}

		const {textTable} = await import('../reports/text-table.js');
		const {makeTableRow} = await import('../reports/columns.js');
		const traits = detectOutputStyle(drawingFlags(flags), surroundings.env, stdout.isTTY === true);
		const rows = finished.nodes
			.filter(({result}) => state === undefined || result?.details.state === state)
			.map(node => makeTableRow(node, finished.method));
		const width = stdout.isTTY ? stdout.columns : undefined;
		if (rows.length > 0) {
			const drawing = {ascii: traits.ascii, color: traits.color, nowMs: atMs ?? nowMs()};
			stdout.write(textTable(rows, compact({...drawing, width})));
		} else if (finished.nodes.length > 0) {
			writeNote(stderr, `no node is ${state}`);
		}
	}

	return hasFailingNode(document, failLevel) ? 1 : 0;
}

async function checkRemote(invocation: Invocation): Promise<CheckedOnce> {
	const {checkConnectedHosts} = await import('./connect.js');
	const finished = await checkConnectedHosts(invocation);
	const {flags, surroundings} = invocation;
	const {nodeStore} = surroundings.openStores(flags);
	const settings = resolveRunSettings(nodeStore.read(), flags, nodeStore.path);
	return {
		finished,
		settings,
		daemonResult: () => undefined,
		finish: async () => undefined,
		...(finished.nodes.length === 0 ? {empty: 'no nodes are checked on the remote hosts'} : {}),
	};
}

const onlyState = (document: StatusDocument, state: string): StatusDocument => ({
	...document,
	nodes: document.nodes.filter(node => node.state === state),
});

interface CheckedOnce {
	readonly finished: FinishedCheck;
	readonly settings: Settings;
	/** Looks up the results of the daemons. */
	readonly daemonResult: DaemonResultOf;
	/** Why there was nothing to check; absent when nodes were checked. */
	readonly empty?: string;
	/** Saves the results. */
	readonly finish: () => Promise<void>;
}

async function checkOnce(invocation: Invocation): Promise<CheckedOnce> {
	const {flags, surroundings} = invocation;
	const written = new Set<string>();
	const note = (line: string | undefined): void => {
		// Reading and saving results can fail for the same reason, which is then printed only once.
		if (line !== undefined && !written.has(line)) {
			written.add(line);
			writeNote(surroundings.stderr, line);
		}
	};
	const session = openCommandSession(invocation, {saving: 'atClose', onSaveProblem: note});
	const {settings, ports, recorder, nodeStore, resultStore, silenceStore, file, nodes} = session;
	note(nodeStore.permissionWarning());
	const empty = nodes.length === 0 ? noNodesNote(file.nodes.length, nodeStore.path, flags.text('group')) : undefined;
	if (flags.isOn('nagios') !== true) {
		note(empty);
	}

	note(exposedFilesNote(exposedFiles(nodes, ports.readFileExposure)));
	note(resultStore.takeNote());
	if (nodes.length >= manyNodes) {
		surroundings.optimizeLater();
	}

	try {
		const finished = await checkFleet({
			...session,
			fleet: file.nodes,
			method: settings.method,
			coverMs: coverageGapMs(settings.interval, false),
			withDaemons: flags.isOn('daemons') === true,
		});
		note(silenceStore.problem());
		const silences = silenceStore.read().filter(silence => isActiveSilence(silence, surroundings.nowMs()));
		const {daemonResult} = session.checker;
		return compact({
			finished: withSilences(finished, silences),
			settings,
			daemonResult,
			finish: recorder.close,
			empty,
		});
	} finally {
		ports.close();
	}
}

/** With at least this many nodes, optimising later saves more than the 20 ms it costs. */
const manyNodes = 200;

function withSilences(finished: FinishedCheck, silences: readonly Silence[]): FinishedCheck {
	const silenced = (each: FleetNode): FleetNode =>
		compact({...each, silence: silenceOf(silences, each.node, listedDaemon(each.node, each.nodeState))});
	return silences.length === 0 ? finished : {...finished, nodes: finished.nodes.map(silenced)};
}
