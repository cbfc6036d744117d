import {requireNode} from '../../application/selection.js';
import {checkMethodWords, type RecordedMethod} from '../../domain/check-method.js';
import {historyOf} from '../../domain/history.js';
import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node.js';
import {cleanText} from '../../domain/text.js';
import type {Transition} from '../../domain/transition.js';
import {schemaVersion} from '../../domain/words.js';
import {compareNames} from '../columns.js';
import type {Invocation, RunCommand} from '../command.js';
import {type NodePast, pastText, transitionsCsv} from '../past-report.js';
import {writeJson} from '../write-json.js';
import {emptyNote} from './empty-note.js';
import {parseFlag, settingsFor} from './run-settings.js';

/** What a terminal is not flooded with. */
const shownByDefault = 20;

/** Uptime, outages and changes of state of one node or all, as the method in force saw them. Checks nothing, writes nothing. */
export const runHistory: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdout, nowMs} = surroundings;
	if (flags.isOn('json') && flags.isOn('csv')) {
		throw new InputError('bad_usage', '--json and --csv exclude each other');
	}

	const limit = limitOf(invocation);
	const {method, pasts, asOfMs} = await readPasts(invocation, nowMs());
	if (flags.isOn('json')) {
		const nodes = pasts.map(({node, transitions, record, history}) => ({
			id: node.id,
			name: node.name,
			...record,
			uptime: history.uptime,
			outages: lastOf(history.outages, limit),
			transitions: lastOf(transitions, limit),
		}));
		writeJson(stdout, {schema_version: schemaVersion, method, as_of: new Date(asOfMs).toISOString(), nodes});
	} else if (flags.isOn('csv')) {
		const transitions = pasts.flatMap(past => past.transitions).sort((a, b) => (a.at < b.at ? -1 : 1));
		stdout.write(transitionsCsv(lastOf(transitions, limit)));
	} else if (pasts.length > 0) {
		stdout.write(pastText(pasts, {limit: limit ?? shownByDefault, nowMs: asOfMs}));
	}

	return 0;
};

const lastOf = <T>(list: readonly T[], limit: number | undefined): readonly T[] =>
	limit === undefined ? list : list.slice(Math.max(0, list.length - limit));

function limitOf({flags}: Invocation): number | undefined {
	const text = flags.text('limit');
	const parse = (given: string): number | undefined => (/^\d{1,7}$/.test(given) ? Number(given) : undefined);
	return text === undefined ? undefined : parseFlag('limit', text, parse, 'a whole number from 0 to 9999999');
}

interface Pasts {
	readonly method: RecordedMethod;
	readonly pasts: readonly NodePast[];
	readonly asOfMs: number;
}

async function readPasts({input, flags, surroundings}: Invocation, asOfMs: number): Promise<Pasts> {
	const {nodeStore, resultStore} = surroundings.openStores(flags);
	const say = (line: string | undefined): unknown =>
		line === undefined ? undefined : surroundings.stderr.write(`xmrtop: ${cleanText(line, 4000)}\n`);
	const file = nodeStore.read();
	const method = checkMethodWords[settingsFor(file, flags, nodeStore.path).method].recordedAs;
	const group = flags.text('group');
	const named = new Set(input.map(name => requireNode(file.nodes, name, nodeStore.path)));
	const nodes = file.nodes
		.filter(node => (named.size === 0 || named.has(node)) && (group === undefined || node.group === group))
		.sort((a, b) => compareNames(a.name, b.name));
	if (nodes.length === 0) {
		say(emptyNote(file.nodes.length, nodeStore.path, group));
	}

	const memories = resultStore.read();
	say(resultStore.takeNote());
	const [only] = nodes;
	const read = await resultStore.readTransitions(only && nodes.length === 1 ? {nodeId: only.id} : undefined);
	const byNode = groupByNode(read);
	const pasts = nodes.map((node): NodePast => {
		const memory = memories.get(node.id) ?? {};
		const transitions = (byNode.get(node.id) ?? []).filter(transition => transition.method === method);
		const record = memory.states?.[method];
		return {
			node,
			transitions,
			...(record ? {record} : {}),
			history: historyOf({transitions, memory, method, nowMs: asOfMs}),
		};
	});
	say(elsewhere(nodes, read, method));
	return {method, pasts, asOfMs};
}

function groupByNode(transitions: readonly Transition[]): Map<number, Transition[]> {
	const groups = new Map<number, Transition[]>();
	for (const transition of transitions) {
		const known = groups.get(transition.node_id);
		if (known) {
			known.push(transition);
		} else {
			groups.set(transition.node_id, [transition]);
		}
	}

	return groups;
}

/** Says where a history is, when there is none by the method in force. */
function elsewhere(
	nodes: readonly Node[],
	transitions: readonly Transition[],
	method: RecordedMethod,
): string | undefined {
	const ids = new Set(nodes.map(({id}) => id));
	const others = transitions.filter(({node_id: id}) => ids.has(id));
	const other = others[0]?.method;
	return other !== undefined && others.every(transition => transition.method !== method)
		? `nothing was seen by ${method}; there is a history by another method: --method ${other}`
		: undefined;
}
