import {requireNode, selectSilenced} from '../../application/selection.js';
import {
	findMeantSilences,
	type NewSilence,
	parseSilenceMs,
	readActiveSilences,
	type Silence,
	type SilenceStore,
	silenceDurationForm,
	silenceSubject,
	silenceText,
	withSilence,
	withSilencesEnded,
} from '../../domain/alerts/silences.js';
import {schemaVersion} from '../../domain/check-method.js';
import {shownCommand} from '../../domain/command-line.js';
import {compact} from '../../domain/compact.js';
import {
	daemonAddressForm,
	daemonText,
	isSameDaemon,
	noDaemon,
	parseDaemonAddress,
} from '../../domain/daemon-address.js';
import {spanText} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node/node.js';
import {rememberedDaemon} from '../../domain/past/record-result.js';
import type {CommandEnd} from '../../domain/ports.js';
import {cleanText, didYouMean, quoteValue} from '../../domain/text.js';
import type {Invocation, OpenedStores, RunCommand} from '../command.js';
import {writeJson, writeNote} from '../output.js';
import {alignColumns} from '../reports/text-table.js';
import {parseFlagValue} from '../run-settings.js';
import {waitFor} from './wait.js';

function durationFlag({flags}: Invocation, name: 'for' | 'within', byDefault?: string): number {
	const text = flags.text(name) ?? byDefault;
	if (text === undefined) {
		throw new InputError('bad_usage', `--${name} is missing: ${silenceDurationForm}`);
	}

	return parseFlagValue(name, text, parseSilenceMs, silenceDurationForm);
}

/** Reads what to silence: nodes, a group, a daemon or everything. */
function subjectOf({input, flags, surroundings}: Invocation): Pick<NewSilence, 'nodes' | 'group' | 'daemon'> {
	const group = flags.text('group');
	const daemon = flags.text('daemon');
	const given = [input.length > 0, group !== undefined, daemon !== undefined, flags.isOn('all') === true];
	if (given.filter(Boolean).length !== 1) {
		throw new InputError('bad_usage', 'expected one of NODE..., --group GROUP, --daemon D and --all');
	}

	const stores = surroundings.openStores(flags);
	const {nodeStore} = stores;
	const {nodes} = nodeStore.read();
	if (daemon !== undefined) {
		const parse = (text: string) => (text === noDaemon ? undefined : parseDaemonAddress(text));
		const text = daemonText(parseFlagValue('daemon', daemon, parse, daemonAddressForm));
		writeNote(surroundings.stderr, unusedDaemonNote(text, stores));
		return {daemon: text};
	}

	return selectSilenced(nodes, {group, ...(input.length > 0 ? {nodes: input} : {})}, nodeStore.path);
}

/** Warns when no node is known to use the daemon: its address may be mistyped. */
function unusedDaemonNote(daemon: string, {nodeStore, resultStore}: OpenedStores): string | undefined {
	const nodeStates = resultStore.read();
	const used = nodeStore.read().nodes.flatMap(({id, daemon}) => {
		const nodeState = nodeStates.get(id);
		return daemon ?? (nodeState && rememberedDaemon(nodeState)) ?? [];
	});
	const known = [...new Set(used)].filter(each => each !== noDaemon);
	if (known.some(each => isSameDaemon(each, daemon))) {
		return undefined;
	}

	const more = known.length > 8 ? `, and ${known.length - 8} more` : '';
	const knownText = known.length === 0 ? '' : `; known daemons: ${known.slice(0, 8).join(', ')}${more}`;
	return `no node is known to use the daemon ${daemon}${knownText}${didYouMean(daemon, known)}`;
}

/** Starts a silence. */
const begin: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const forMs = durationFlag(invocation, 'for');
	const about = subjectOf(invocation);
	const {silenceStore} = surroundings.openStores(flags);
	const reason = flags.text('reason');
	writeNote(surroundings.stderr, silenceStore.problem());
	const silence = {...about, by: silenceStore.whoAmI(), forMs, reason: reason && cleanText(reason, 200)};
	const after = await silenceStore.update(before => withSilence(before, compact(silence), surroundings.nowMs()));
	const created = after.at(-1);
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, silence: created});
	} else if (created) {
		writeNote(surroundings.stderr, `silence ${created.id}: ${silenceSubject(created)} ${silenceText(created)}`);
	}

	return 0;
};

const list: RunCommand = async ({flags, surroundings}) => {
	const {stdout, stderr, nowMs} = surroundings;
	const {silenceStore} = surroundings.openStores(flags);
	const silences = readActiveSilences(silenceStore, nowMs());
	if (flags.isOn('json')) {
		writeJson(stdout, {schema_version: schemaVersion, silences});
	} else if (silences.length === 0) {
		writeNote(stderr, 'there are no silences');
	} else {
		const rows = silences.map(({id, until, by, reason = '', ...about}) => [
			String(id),
			silenceSubject(about),
			until.slice(0, 19).replace('T', ' '),
			spanText(Date.parse(until) - nowMs()),
			by,
			reason,
		]);
		stdout.write(alignColumns([['ID', 'SILENCED', 'UNTIL (UTC)', 'LEFT', 'BY', 'REASON'], ...rows], rows.length));
	}

	return 0;
};

/** Ends silences by id, by node, or all of them. */
const end: RunCommand = async ({input, flags, surroundings}) => {
	const isAll = flags.isOn('all') === true;
	if (isAll === input.length > 0) {
		throw new InputError('bad_usage', 'expected ids of silences, names of nodes, or --all');
	}

	const {nodeStore, silenceStore} = surroundings.openStores(flags);
	const nowMs = surroundings.nowMs();
	const active = readActiveSilences(silenceStore, nowMs);
	const ended = isAll
		? active
		: findMeantSilences(
				active,
				input,
				nodeStore.read().nodes,
				word => new InputError('bad_usage', `${quoteValue(word)} is not silenced: see xmrtop silence list`),
			);
	const ids = new Set(ended.map(({id}) => id));
	await silenceStore.update(before => withSilencesEnded(before, ({id}) => ids.has(id), nowMs));
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, ended: [...ids]});
	} else {
		for (const silence of ended) {
			writeNote(surroundings.stderr, `ended silence ${silence.id}: ${silenceSubject(silence)}`);
		}
	}

	return 0;
};

/** While a command runs, its silence is extended this often, so that it expires soon if xmrtop is killed; milliseconds. */
const renewal = {everyMs: 20_000, lastsMs: 60_000};
/** How long the silence continues once the node is up, because checks that started before may still report it down; milliseconds. */
const graceMs = 15_000;

/** Options of {@link whileSilenced}. */
export interface Silencing {
	readonly silenceStore: SilenceStore;
	readonly nowMs: () => number;
	/** Called with problems of the silence. */
	readonly say: (line: string | undefined) => void;
	readonly node: Pick<Node, 'id' | 'name'>;
	/** The command that restarts the node, for the reason of the silence. */
	readonly command: readonly string[];
	/** How long the node may take to come up, in milliseconds. */
	readonly withinMs: number;
}

/**
 * Silences a node while it is restarted, so that a planned restart sends no alert.
 * @param work resolves with whether the node is up again; if so, the silence continues for 15 s, else it ends at once
 * @throws what `work` throws, and InputError when silences cannot be saved
 */
export async function whileSilenced<Outcome extends {readonly isUp: boolean}>(
	{silenceStore, nowMs, say, node: {id, name}, command, withinMs}: Silencing,
	work: () => Promise<Outcome>,
): Promise<Outcome> {
	const reason = cleanText(`during ${shownCommand(command)}`, 100);
	const lastsMs = renewal.lastsMs + withinMs;
	const about = {nodes: [{id, name}], by: silenceStore.whoAmI(), reason, forMs: lastsMs};
	say(silenceStore.problem());
	const created = (await silenceStore.update(before => withSilence(before, about, nowMs()))).at(-1);
	// The end times set here. If the silence has any other, a user has ended it, and it is not extended again.
	const ownEnds = new Set([created?.until]);
	const endAt = async (ms: number, more: Pick<Silence, 'ended'> = {}, isUnwanted = () => false): Promise<void> => {
		const until = new Date(ms).toISOString();
		ownEnds.add(until);
		const ended = (each: Silence): Silence =>
			each.id === created?.id && ownEnds.has(each.until) && !isUnwanted() ? {...each, ...more, until} : each;
		await silenceStore.update(before => before.map(ended)).catch((error: Error) => say(error.message));
	};
	let isEnding = false;
	const renewing = setInterval(() => void endAt(nowMs() + lastsMs, {}, () => isEnding), renewal.everyMs);
	try {
		const outcome = await work();
		isEnding = true;
		// The last result of a running watch may be older than the restart, so the silence continues for a moment.
		await (outcome.isUp ? endAt(nowMs() + graceMs) : endAt(nowMs(), {ended: true}));
		return outcome;
	} catch (error) {
		isEnding = true;
		await endAt(nowMs(), {ended: true});
		throw error;
	} finally {
		clearInterval(renewing);
	}
}

/** The outcome of a command and of waiting for the node after it. */
interface Restarted {
	readonly end: CommandEnd;
	readonly isUp: boolean;
	/** Saves the results of the checks made while waiting. */
	readonly finish: () => Promise<void>;
}

/** Silences a node, runs a command with inherited stdin, stdout and stderr, and waits until the node is up. */
export async function runRestart(invocation: Invocation, node: Node, command: readonly string[]): Promise<Restarted> {
	const {flags, surroundings} = invocation;
	const {stderr, nowMs} = surroundings;
	const withinMs = durationFlag(invocation, 'within', '2m');
	const {silenceStore} = surroundings.openStores(flags);
	const say = (line: string | undefined): void => writeNote(stderr, line);
	const over = new AbortController();
	const unneeded = new AbortController();
	let isSignalled = false;
	void surroundings.untilSignal(unneeded.signal).then(() => {
		isSignalled = true;
		over.abort();
	});
	const beganMs = nowMs();
	const runAndWait = async (): Promise<Restarted> => {
		const end = await surroundings.runChild(command);
		if (end.failure !== undefined) {
			say(`${quoteValue(command[0])} failed: ${end.failure}`);
		}

		const timer = setTimeout(() => over.abort(), Math.min(withinMs, 2 ** 31 - 1));
		const waited = await waitFor({...invocation, input: [String(node.id)]}, 'up', over.signal, () => undefined).finally(
			() => clearTimeout(timer),
		);
		const last = waited.last?.nodes[0]?.result?.details;
		const isUp = last?.state === 'up';
		const seconds = Math.round((nowMs() - beganMs) / 100) / 10;
		const why = last?.reason ?? last?.message ?? 'no check finished';
		say(
			isUp
				? `${node.name} is up after ${seconds} s`
				: isSignalled
					? `${node.name} was not waited for to the end: a signal arrived`
					: `${node.name} is not up after ${seconds} s: ${why}`,
		);
		return {end, isUp, finish: waited.finish};
	};
	try {
		const restarted = await whileSilenced({silenceStore, nowMs, say, node, command, withinMs}, runAndWait);
		await restarted.finish();
		return restarted;
	} finally {
		unneeded.abort();
	}
}

/** Silences a node, runs a command, and waits until the node is up. */
export const runDuring: RunCommand = async invocation => {
	const {input, flags, surroundings} = invocation;
	const [name = '', ...command] = input;
	const {nodeStore} = surroundings.openStores(flags);
	const node = requireNode(nodeStore.read().nodes, name, nodeStore.path);
	const {isUp, end} = await runRestart(invocation, node, command);
	return isUp && end.failure === undefined ? 0 : 1;
};

/** The commands that begin with `silence`. */
export const silenceCommands = {begin, list, end} as const;
