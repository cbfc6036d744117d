import {checkFleet} from '../../application/check-fleet.js';
import {createChecker} from '../../application/checker.js';
import {createRecorder} from '../../application/recorder.js';
import {selectNodes} from '../../application/selection.js';
import type {FinishedCheck} from '../../domain/fleet.js';
import {InputError} from '../../domain/input-error.js';
import {shown} from '../../domain/node.js';
import {exposedFiles, exposedFilesNote} from '../../domain/secret-files.js';
import {type StatusDocument, statusDocument} from '../../domain/status-document.js';
import {cleanText} from '../../domain/text.js';
import {terminalTraits} from '../colour.js';
import type {Invocation, RunCommand} from '../command.js';
import {hasFailure} from '../fail-level.js';
import {writeJson} from '../write-json.js';
import {failLevelOf, settingsFor, stateFilterOf} from './run-settings.js';

/** One check of the named nodes (or all), printed as a table, JSON or CSV. */
export const runStatus: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdout, stderr, nowMs} = surroundings;
	if (flags.isOn('json-schema')) {
		writeJson(stdout, (await import('../status-schema.js')).statusSchema);
		return 0;
	}

	const formats = (['json', 'csv'] as const).filter(name => flags.isOn(name));
	if (formats.length > 1) {
		throw new InputError('bad_usage', '--json and --csv exclude each other');
	}

	const failLevel = failLevelOf(flags);
	const state = stateFilterOf(flags);
	const finished = await checkOnce(invocation);
	const document = statusDocument(finished);
	const listed: StatusDocument = state === undefined ? document : onlyState(document, state);
	if (formats[0] === 'json') {
		writeJson(stdout, listed);
	} else if (formats[0] === 'csv') {
		stdout.write((await import('../csv.js')).statusCsv(listed));
	} else {
		const {textTable} = await import('../text-table.js');
		const {rowOf} = await import('../columns.js');
		const traits = terminalTraits(traitFlags(flags), surroundings.env, stdout.isTTY === true);
		const rows = finished.nodes
			.filter(({result}) => state === undefined || result?.details.state === state)
			.map(node => rowOf(node, finished.method));
		const width = stdout.isTTY ? stdout.columns : undefined;
		if (rows.length > 0) {
			const drawing = {ascii: traits.ascii, colour: traits.colour, nowMs: nowMs()};
			stdout.write(textTable(rows, {...drawing, ...(width === undefined ? {} : {width})}));
		} else if (finished.nodes.length > 0) {
			stderr.write(`xmrtop: no node is ${state}\n`);
		}
	}

	return hasFailure(document, failLevel) ? 1 : 0;
};

/** The drawing flags of a command line. */
export function traitFlags(flags: Invocation['flags']) {
	return {color: flags.isOn('color'), ascii: flags.isOn('ascii'), unicode: flags.isOn('unicode')};
}

const onlyState = (document: StatusDocument, state: string): StatusDocument => ({
	...document,
	nodes: document.nodes.filter(node => node.state === state),
});

async function checkOnce({input, flags, surroundings}: Invocation): Promise<FinishedCheck> {
	const {nodeStore, resultStore} = surroundings.openStores(flags);
	const file = nodeStore.read();
	const settings = settingsFor(file, flags, nodeStore.path);
	const group = flags.text('group');
	const selection = {names: input, ...(group === undefined ? {} : {group})};
	const place = {where: nodeStore.path, nowMs: surroundings.nowMs()};
	const nodes = selectNodes(file.nodes, selection, place);
	const note = (line: string | undefined): void => {
		if (line !== undefined) {
			surroundings.stderr.write(`xmrtop: ${cleanText(line, 4000)}\n`);
		}
	};
	note(nodeStore.permissionWarning());
	if (nodes.length === 0) {
		note(emptyNote(file.nodes.length, nodeStore.path, group));
	}

	const ports = surroundings.openPorts();
	note(exposedFilesNote(exposedFiles(nodes, ports.exposureOf)));
	const recorder = createRecorder({
		store: resultStore,
		saving: flags.isOn('save') === false ? 'never' : 'atClose',
		onSaveProblem: note,
	});
	note(resultStore.takeNote());
	try {
		const checker = createChecker({ports, settings, recall: recorder.recall});
		return await checkFleet({checker, recorder, ports, fleet: file.nodes, nodes, method: settings.method});
	} finally {
		ports.close();
		await recorder.close();
	}
}

function emptyNote(count: number, path: string, group: string | undefined): string {
	if (count === 0) {
		return `there are no nodes in ${path}; add one: xmrtop nodes add NAME --port N`;
	}

	return group === undefined
		? `every node in ${path} is disabled; enable one: xmrtop nodes enable NODE`
		: `no available node in ${path} is of group ${shown(group)}`;
}
