import process from 'node:process';
import {render, Static, Text} from 'ink';
import {useSyncExternalStore} from 'react';
import type {NotedPoller} from '../application/poller.js';
import type {ScreenActions} from '../cli/command.js';
import {commandText} from '../domain/actions.js';
import {currentVerdict, type FleetNode, type FleetSnapshot} from '../domain/fleet.js';
import {countWithNoun, localTimeText, spanText} from '../domain/format.js';
import {compareWorstFirst, type State, states} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {useKeys} from './hooks.js';
import type {Key} from './terminal/keys.js';

export interface ScreenReaderOptions {
	readonly poller: Pick<NotedPoller, 'getSnapshot' | 'subscribe' | 'start' | 'checkNow'>;
	/** Absent: the nodes are those of remote hosts. */
	readonly loadActions?: () => Promise<Pick<ScreenActions, 'read'>>;
	/** Both must be terminals. */
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/**
 * Shows the fleet for a screen reader: as sentences, followed by a new sentence for each change. Nothing is redrawn.
 * Ends when the user quits or a signal arrives.
 */
export async function runForScreenReader({
	poller,
	loadActions,
	stdin,
	stdout,
	nowMs,
}: ScreenReaderOptions): Promise<void> {
	const speech = createSpeech(poller, nowMs);
	let end = (): void => {};
	const ended = new Promise<void>(resolve => {
		end = resolve;
	});
	const byKey: Readonly<Record<string, () => void>> = {
		q: () => end(),
		'ctrl-c': () => end(),
		enter: speech.sayFleet,
		r: () => {
			speech.say('Checking all nodes.');
			void poller.checkNow();
		},
		'!': () => void actionSentences(loadActions).then(sentences => speech.say(...sentences)),
		'?': () => speech.say(help),
	};
	const onKeys = (keys: readonly Key[]): void => {
		for (const key of keys) {
			byKey[key]?.();
		}
	};

	const ink = render(<Speech sentences={speech} onKeys={onKeys} />, {
		stdin,
		stdout,
		// Otherwise Ink erases the empty frame below the sentences.
		interactive: false,
		isScreenReaderEnabled: true,
		exitOnCtrlC: false,
		patchConsole: false,
	});
	ink.waitUntilExit().then(end, end);
	const unsubscribe = poller.subscribe(speech.fleetChanged);
	const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
	for (const signal of signals) {
		process.once(signal, end);
	}

	try {
		poller.start();
		await ended;
	} finally {
		unsubscribe();
		for (const signal of signals) {
			process.off(signal, end);
		}

		ink.unmount();
	}
}

const help = 'Keys: Enter, the state of all nodes; r, check all now; !, actions; q, quit.';

/** Lists the actions and the command that runs one. They are not run from here, because there is no dialog to confirm them. */
async function actionSentences(loadActions: ScreenReaderOptions['loadActions']): Promise<readonly string[]> {
	if (!loadActions) {
		return [`Actions are run on the host of the node, with: ${runCommand}`];
	}

	try {
		const actions = (await loadActions()).read();
		return actions.length === 0
			? ['No actions yet. Commands that add some: xmrtop actions suggest']
			: [
					`${countWithNoun(actions.length, 'action')}:`,
					...actions.map(({name, restarts, command}) =>
						cleanText(`${name}${restarts ? ', restarts the node' : ''}: ${commandText(command)}`, 600),
					),
					`Run one in another terminal, with: ${runCommand}`,
				];
	} catch (error) {
		return [error instanceof Error ? error.message : String(error)];
	}
}

const runCommand = 'xmrtop run ACTION NODE';

interface Sentences {
	readonly subscribe: (listener: () => void) => () => void;
	/** All sentences so far; a new array after each. */
	readonly getSentences: () => readonly string[];
}

interface SpeechProps {
	readonly sentences: Sentences;
	readonly onKeys: (keys: readonly Key[]) => void;
}

/** Writes sentences below each other; earlier ones are not redrawn. */
export function Speech({sentences, onKeys}: SpeechProps) {
	useKeys(onKeys);
	const spoken = useSyncExternalStore(sentences.subscribe, sentences.getSentences);
	return (
		<Static items={[...spoken]}>
			{(sentence, place) => {
				const key = place;
				return <Text key={key}>{sentence}</Text>;
			}}
		</Static>
	);
}

function createSpeech(poller: Pick<NotedPoller, 'getSnapshot'>, nowMs: () => number) {
	const listeners = new Set<() => void>();
	let sentences: readonly string[] = [];
	let known: ReadonlyMap<number, State> | undefined;

	const say = (...more: readonly string[]): void => {
		sentences = [...sentences, ...more];
		for (const listener of listeners) {
			listener();
		}
	};

	const sayFleet = (): void => {
		const snapshot = poller.getSnapshot();
		say(...fleetSentences(snapshot, snapshot.atMs ?? nowMs()));
	};
	return {
		subscribe: (listener: () => void) => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		getSentences: () => sentences,
		say,
		sayFleet,
		fleetChanged: () => {
			const snapshot = poller.getSnapshot();
			if (!snapshot.lastCycle) {
				return;
			}

			const before = known;
			known = new Map(snapshot.nodes.map(node => [node.node.id, stateOf(node, snapshot)]));
			if (!before) {
				say(...fleetSentences(snapshot, snapshot.atMs ?? nowMs()), help);
				return;
			}

			const changed = snapshot.nodes.filter(node => before.get(node.node.id) !== stateOf(node, snapshot));
			if (changed.length > 0) {
				say(...changed.map(node => changeSentence(node, snapshot, before.get(node.node.id))));
			}
		},
	};
}

const stateOf = (node: FleetNode, {method}: FleetSnapshot): State => currentVerdict(node, method).state;

/** How many nodes are in which state, then each of them, worst first. */
function fleetSentences(snapshot: FleetSnapshot, nowMs: number): readonly string[] {
	const enabled = snapshot.nodes.filter(({disabled}) => !disabled);
	const parts = states
		.toReversed()
		.map(state => ({state, count: enabled.filter(node => stateOf(node, snapshot) === state).length}))
		.filter(({count}) => count > 0)
		.map(({state, count}) => `${count} ${state}`);
	const disabled = snapshot.nodes.length - enabled.length;
	const all = [...parts, ...(disabled > 0 ? [`${disabled} disabled`] : [])];
	const sorted = enabled.toSorted((a, b) => compareWorstFirst(stateOf(a, snapshot), stateOf(b, snapshot)));
	const past = snapshot.atMs === undefined ? [] : [`The past, as of ${localTimeText(snapshot.atMs)}.`];
	return [
		...past,
		`${countWithNoun(snapshot.nodes.length, 'node')}${all.length > 0 ? `: ${all.join(', ')}` : ''}.`,
		...sorted.map(node => nodeSentence(node, snapshot, nowMs)),
	];
}

function nodeSentence(node: FleetNode, {method}: FleetSnapshot, nowMs: number): string {
	const {state, text, since} = currentVerdict(node, method);
	const span = since === undefined ? '' : ` for ${spanText(Math.max(0, nowMs - Date.parse(since)))}`;
	return `${node.node.name} is ${state}${span}: ${cleanText(text)}.`;
}

function changeSentence(node: FleetNode, {method}: FleetSnapshot, before: State | undefined): string {
	const {state, text} = currentVerdict(node, method);
	return `${node.node.name} is now ${state}${before === undefined ? '' : `, was ${before}`}: ${cleanText(text)}.`;
}
