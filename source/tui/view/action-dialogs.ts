import type {Poller} from '../../application/poller.js';
import type {ScreenActions} from '../../cli/command.js';
import {
	type Action,
	commandText,
	expandCommand,
	isRestartAwaited,
	needsFreshCheck,
	placeholderValues,
	restartLoss,
	stateRefusal,
} from '../../domain/actions.js';
import {compact} from '../../domain/compact.js';
import {currentVerdict, type FleetNode} from '../../domain/fleet.js';
import type {CommandEnd} from '../../domain/ports.js';
import {type State, stateWords} from '../../domain/state.js';
import {cleanLine} from '../../domain/text.js';
import type {ScreenStore} from '../screen-store.js';
import type {Key} from '../terminal/keys.js';
import {isHostRow, shownEntry} from '../ui-state.js';
import type {NodeDialogs} from './node-dialogs.js';
import type {ActionDialog, ActionsDialog, OutputDialog} from './view-state.js';

/** Runs actions from the screen, after showing the command. */
export interface ActionDialogs {
	/** Lists the actions for the selected node. */
	readonly openMenu: () => void;
	/** Handles a key without a command: in the list, or where nodes are shown, it may be the key of an action. */
	readonly pressKey: (key: Key, otherwise: () => void) => void;
	/** Called for Enter in the list. */
	readonly choose: (row: ActionsDialog['rows'][number] | undefined) => void;
	/** Called for Enter in the question. */
	readonly confirm: () => void;
}

/** Runs a command in the terminal until it ends. @returns how it ended */
export type RunInTerminal = (
	argv: readonly string[],
	run: (argv: readonly string[]) => Promise<CommandEnd>,
) => Promise<CommandEnd>;

export interface ActionDialogsOptions {
	readonly store: ScreenStore;
	readonly poller: Pick<Poller, 'checkBy' | 'checkNow'>;
	/** Absent: actions cannot be run. */
	readonly loadActions?: (() => Promise<ScreenActions>) | undefined;
	readonly runInTerminal?: RunInTerminal;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/** After the key of an action, Enter is ignored for this long, so that text typed into the wrong window does not run it; milliseconds. */
const minReadingMs = 400;
/** If the node's check is older than this, it is repeated before the command runs; milliseconds. */
const freshMs = 10_000;
/** How often a restarted node is checked, in milliseconds. */
const askEveryMs = 1000;
/** The code that runs actions is loaded after this time, so that it does not delay the first frames; milliseconds. */
const loadAfterMs = 300;
/** Output is collected for this long before it is drawn, in milliseconds. */
const outputMs = 50;
const maxLines = 1000;
const maxLineLength = 2000;

export function createActionDialogs(
	{store, poller, loadActions, runInTerminal, nowMs}: ActionDialogsOptions,
	{notice, inBackground}: Pick<NodeDialogs, 'notice' | 'inBackground'>,
): ActionDialogs {
	let loaded: ScreenActions | undefined;
	let runs = 0;

	// Loaded in advance: keys of one event are handled in order only if the actions are already loaded.
	setTimeout(() => {
		void loadActions?.().then(actions => {
			loaded ??= actions;
		});
	}, loadAfterMs).unref();

	/** Calls back synchronously if the actions are loaded, so that keys typed quickly are handled in order. */
	const withActions = (work: (actions: ScreenActions) => void): void => {
		const attempt = (actions: ScreenActions): void => {
			try {
				work(actions);
			} catch (error) {
				notice(error instanceof Error ? error.message : String(error), true);
			}
		};
		if (loaded) {
			attempt(loaded);
			return;
		}

		void loadActions?.().then(actions => {
			loaded = actions;
			attempt(actions);
			store.notify();
		});
	};

	const currentNode = (): FleetNode | undefined => {
		const entry = shownEntry(store.getUiState());
		return entry && !isHostRow(entry) ? entry.node : undefined;
	};

	/** Why an action cannot be run for a node, by its last known state; checked again before it runs, because its process may change. */
	const refusalOf = (action: Action, known: FleetNode): string | undefined => {
		const values = placeholderValues(known);
		const pid = known.nodeState.process?.pid;
		const last = pid === undefined ? {} : {pid: {value: String(pid)}};
		const expanded = expandCommand(action.command, {...values, ...last});
		const {state} = currentVerdict(known, store.getUiState().snapshot.method);
		return stateRefusal(action, state) ?? ('problem' in expanded ? expanded.problem : undefined);
	};

	const openMenu = (): void => {
		const known = currentNode();
		if (!known) {
			return;
		}

		withActions(actions => {
			const configured = actions.read();
			const isSuggested = configured.length === 0;
			const offered = isSuggested ? actions.suggest(store.getUiState().snapshot.nodes) : configured;
			const rows = offered.map(action =>
				compact({action, refusal: isSuggested ? undefined : refusalOf(action, known)}),
			);
			const {id, name} = known.node;
			store.dispatch({type: 'dialog', dialog: {kind: 'actions', nodeId: id, name, index: 0, rows, isSuggested}});
		});
	};

	const openQuestion = (action: Action, known: FleetNode, isByKeyAlone = false): void => {
		const {id, name} = known.node;
		const refusal = refusalOf(action, known);
		if (refusal !== undefined) {
			store.dispatch({type: 'dialog', dialog: undefined});
			notice(`${action.name} cannot be run for ${name}: ${refusal}`, true);
			return;
		}

		const question: ActionDialog = {kind: 'action', nodeId: id, name, action, argv: [], isByKeyAlone};
		if (needsFreshCheck(action) && poller.checkBy) {
			store.dispatch({type: 'dialog', dialog: question});
			void checkThenAsk(question);
		} else {
			ask(question, known);
		}
	};

	/** Checks the node, then updates the question, unless the user has closed it in the meantime. */
	const checkThenAsk = async (question: ActionDialog): Promise<ActionDialog | undefined> => {
		const waiting: ActionDialog = {...question, argv: []};
		store.dispatch({type: 'dialog', dialog: waiting});
		const known = await poller.checkBy?.(question.nodeId, 'full');
		if (store.getUiState().view.dialog !== waiting) {
			return undefined;
		}

		const asked = known && ask(question, known);
		if (!known) {
			store.dispatch({type: 'dialog', dialog: undefined});
			notice(`${question.name} was removed in the meantime`, true);
		}

		store.notify();
		return asked;
	};

	const ask = (
		{loss: _, typed: __, checkedMs: ___, ...question}: ActionDialog,
		known: FleetNode,
	): ActionDialog | undefined => {
		const {action, name} = question;
		const expanded = expandCommand(action.command, placeholderValues(known));
		const state = known.result?.details.state;
		const refusal = 'problem' in expanded ? expanded.problem : state && stateRefusal(action, state);
		if ('problem' in expanded || refusal !== undefined) {
			store.dispatch({type: 'dialog', dialog: undefined});
			notice(`${action.name} cannot be run for ${name}: ${refusal}`, true);
			return undefined;
		}

		const loss = action.restarts && loaded ? restartLoss(known, loaded.maxLag) : undefined;
		const dialog: ActionDialog = compact({...question, argv: expanded.argv, loss, checkedMs: nowMs()});
		store.dispatch({type: 'dialog', dialog});
		return dialog;
	};

	const confirm = (): void => {
		const {dialog} = store.getUiState().view;
		if (dialog?.kind !== 'action' || dialog.argv.length === 0) {
			return;
		}

		if (dialog.loss !== undefined && dialog.typed !== dialog.name) {
			store.dispatch({type: 'dialog', dialog: undefined});
			notice(`nothing was run: ${dialog.name} was not typed`);
			return;
		}

		// The clock may have been set back.
		const checkedMsAgo = Math.abs(nowMs() - (dialog.checkedMs ?? 0));
		if (dialog.isByKeyAlone && checkedMsAgo < minReadingMs) {
			notice('look at the command first, then press Enter');
			return;
		}

		const isFresh = !needsFreshCheck(dialog.action) || checkedMsAgo <= freshMs;
		if (isFresh) {
			run(dialog);
			return;
		}

		void checkThenAsk(dialog).then(asked => {
			const isSame = asked && asked.loss === dialog.loss && commandText(asked.argv) === commandText(dialog.argv);
			if (isSame) {
				run(asked);
			} else if (asked) {
				notice(`${dialog.name} has changed: look again`);
			}

			store.notify();
		});
	};

	const run = (dialog: ActionDialog): void => {
		const {action, nodeId: id, name, argv} = dialog;
		withActions(actions => {
			if (action.follow && runInTerminal) {
				store.dispatch({type: 'dialog', dialog: undefined});
				const inTerminal = (): Promise<CommandEnd> => runInTerminal(argv, command => actions.run(command));
				void inBackground(async () => {
					const outcome: {end?: CommandEnd} = {};
					const work = async (): Promise<{isUp: boolean}> => {
						outcome.end = await inTerminal();
						const hasWorked = outcome.end.failure === undefined;
						return {isUp: hasWorked && action.restarts === true && isWorking(await stateAfterRestart(id))};
					};
					await (action.restarts
						? actions.whileSilenced({id, name}, argv, work, problem => notice(problem, true))
						: work());
					void poller.checkNow(id);
					return `${action.name} of ${name} ended: ${endText(outcome.end)}`;
				});
				return;
			}

			void runCaptured(actions, dialog);
		});
	};

	const runCaptured = async (actions: ScreenActions, dialog: ActionDialog): Promise<void> => {
		const {action, nodeId: id, name, argv} = dialog;
		runs += 1;
		const number = runs;
		const title = `${action.name} of ${name}`;
		const output = createOutput();
		const isOpen = (): boolean => {
			const {dialog: open} = store.getUiState().view;
			return open?.kind === 'output' && open.run === number;
		};
		let shown: OutputDialog = {
			...{kind: 'output', run: number, title, argv, lines: [], ending: 'running', isEnded: false},
			scroll: Number.POSITIVE_INFINITY,
		};
		store.dispatch({type: 'dialog', dialog: shown});
		/** @param said notice to show if the output dialog was closed */
		const show = (changes: Partial<OutputDialog>, outcome?: string): void => {
			const {dialog: open} = store.getUiState().view;
			shown = {...shown, ...changes, lines: output.lines()};
			if (isOpen() && open?.kind === 'output') {
				store.dispatch({type: 'dialog', dialog: {...shown, scroll: open.scroll}});
			} else if (outcome !== undefined) {
				notice(outcome, shown.isEnded && !/: exit code 0$/.test(outcome));
			}

			store.notify();
		};
		let timer: NodeJS.Timeout | undefined;
		const onOutput = (text: string): void => {
			output.add(text);
			timer ??= setTimeout(() => {
				timer = undefined;
				show({});
			}, outputMs);
		};
		const beganMs = nowMs();
		const seconds = (): string => `${Math.round((nowMs() - beganMs) / 100) / 10} s`;
		const work = async (): Promise<{isUp: boolean}> => {
			const end = await actions.run(argv, onOutput);
			clearTimeout(timer);
			const ended = `${endText(end)} after ${seconds()}`;
			if (!action.restarts || end.failure !== undefined) {
				show({ending: ended, isEnded: true}, `${title} ended: ${endText(end)}`);
				return {isUp: false};
			}

			show({ending: `${ended}; silenced until ${name} is up`});
			const state = await stateAfterRestart(id);
			const isUp = isWorking(state);
			const outcome = `${name} is ${isUp ? state : 'not up'} after ${seconds()}`;
			show({ending: `${ended}; ${outcome}`, isEnded: true}, outcome);
			return {isUp};
		};
		try {
			await (action.restarts
				? actions.whileSilenced({id, name}, argv, work, problem => notice(problem, true))
				: work());
		} catch (error) {
			const problem = error instanceof Error ? error.message : String(error);
			show({ending: problem, isEnded: true}, problem);
		}

		await poller.checkNow(id);
		store.notify();
	};

	/** Waits until a node is up or the time is over. @returns its last state */
	const stateAfterRestart = async (id: number): Promise<State | undefined> => {
		const beganMs = nowMs();
		let state: State | undefined;
		while (isRestartAwaited(state, nowMs() - beganMs)) {
			state = (await poller.checkBy?.(id, 'api'))?.result?.details.state;
			if (state === undefined || state === 'up') {
				return state;
			}

			await new Promise<void>(resolve => {
				// The timer does not delay the exit of the program.
				setTimeout(resolve, askEveryMs).unref();
			});
		}

		return state;
	};

	return {
		openMenu,
		pressKey: (key, otherwise) => {
			const {dialog} = store.getUiState().view;
			const known = currentNode();
			const isMenu = dialog?.kind === 'actions' && !dialog.isSuggested;
			if (!loadActions || !known || (dialog && !isMenu)) {
				otherwise();
				return;
			}

			withActions(actions => {
				const action = actions.read().find(each => each.key === key);
				if (action) {
					openQuestion(action, known, !isMenu);
				} else {
					otherwise();
				}
			});
		},
		choose: row => {
			const {dialog} = store.getUiState().view;
			const known = currentNode();
			if (!row || dialog?.kind !== 'actions') {
				return;
			}

			if (dialog.isSuggested) {
				withActions(actions => {
					void inBackground(async () => {
						await actions.add(row.action);
						return `added the action ${row.action.name}; ! lists it`;
					});
				});
			} else if (known) {
				openQuestion(row.action, known);
			}
		},
		confirm,
	};
}

const isWorking = (state: State | undefined): boolean => state !== undefined && stateWords[state].works;

const endText = (end: CommandEnd | undefined): string => end?.failure ?? 'exit code 0';

/** Collects the output of a command as cleaned lines, and keeps the last {@link maxLines}. */
function createOutput() {
	let lines: string[] = [];
	let rest = '';
	return {
		add: (text: string): void => {
			const parts = `${rest}${text}`.split(/\r?\n/);
			rest = (parts.pop() ?? '').slice(-maxLineLength * 8);
			lines = [...lines, ...parts].slice(-maxLines);
		},
		lines: (): readonly string[] =>
			(rest === '' ? lines : [...lines, rest]).map(line =>
				cleanLine(line.replace(/\r$/, '').replace(/^.*\r/, ''), maxLineLength),
			),
	};
}
