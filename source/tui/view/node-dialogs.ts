import type {Poller} from '../../application/poller.js';
import {
	isActiveSilence,
	type Silence,
	type SilenceStore,
	silenceOf,
	withSilence,
	withSilencesEnded,
} from '../../domain/alerts/silences.js';
import {compact} from '../../domain/compact.js';
import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node/node.js';
import {parseNodeDefinition, refuseTakenNodeName} from '../../domain/node/parse-node.js';
import type {NodeStore} from '../../domain/store.js';
import {cleanText, quoteValue} from '../../domain/text.js';
import type {ScreenStore} from '../screen-store.js';
import {definitionOf, findFormProblem, type NodeForm, openForm, showProblem} from './node-form.js';
import {isAgreed} from './type-in-dialog.js';
import {noticeMs} from './view-state.js';

/** Duration of a silence started from the screen, in milliseconds. */
const silenceMs = 2 * 3_600_000;

const doneWords: Readonly<Record<NodeAct | SilenceAct, string>> = {
	remove: 'removed',
	disable: 'disabled',
	enable: 'enabled',
	silence: 'silenced',
	unsilence: 'unsilenced',
};

/** The dialogs that change nodes, and the notices about their outcome. */
export interface NodeDialogs {
	/** Shows a line of text for a few seconds. */
	readonly notice: (text: string, isError?: boolean) => void;
	/** Runs slow work and shows its outcome as a notice. */
	readonly inBackground: (work: () => Promise<string>) => Promise<void>;
	/** Opens the form, for a new node or one to edit. */
	readonly openForm: (node: Node | undefined) => void;
	/** Asks for confirmation before a node is changed. */
	readonly ask: (act: NodeAct | SilenceAct, node: Node) => void;
	/** Called for Enter in the confirmation. */
	readonly answered: () => void;
	/** Undoes the last disabling or enabling made on this screen. */
	readonly undo: () => void;
	/** Saves the open form. */
	readonly submitForm: () => Promise<void>;
}

export interface NodeDialogsOptions {
	readonly store: ScreenStore;
	readonly poller: Pick<Poller, 'checkNow'>;
	readonly nodeStore: NodeStore;
	/** Absent: nodes cannot be silenced. */
	readonly silenceStore?: SilenceStore | undefined;
	readonly nowMs: () => number;
}

export function createNodeDialogs(options: NodeDialogsOptions): NodeDialogs {
	const {store, poller, nodeStore, nowMs} = options;
	let isSaving = false;
	let undoable: Undoable | undefined;
	const messageOf = (error: unknown): string => cleanText(error instanceof Error ? error.message : String(error));
	const notice: NodeDialogs['notice'] = (text, isError = false) =>
		store.dispatch({type: 'notice', notice: {text: cleanText(text), isError, untilMs: nowMs() + noticeMs}});

	const inBackground: NodeDialogs['inBackground'] = async work => {
		try {
			notice(await work());
		} catch (error) {
			notice(messageOf(error), true);
		}

		store.notify();
	};

	const submitForm = async (): Promise<void> => {
		const {dialog} = store.getUiState().view;
		if (dialog?.kind !== 'form' || isSaving) {
			return;
		}

		/** Whether the form is still open and unchanged: while it was saved, it may have been closed, or another opened. */
		const isOpen = (): boolean => {
			const now = store.getUiState().view.dialog;
			return now?.kind === 'form' && now.form.values === dialog.form.values;
		};
		const show = (error: string): void =>
			store.dispatch({type: 'dialog', dialog: {...dialog, form: showProblem(dialog.form, error)}});
		const problem = findFormProblem(dialog.form);
		if (problem !== undefined) {
			show(problem);
			store.notify();
			return;
		}

		isSaving = true;
		try {
			const node = await saveForm(nodeStore, dialog.form);
			if (isOpen()) {
				store.dispatch({type: 'dialog', dialog: undefined});
			}

			notice(`saved ${node.name}`);
			void poller.checkNow();
		} catch (error) {
			// If the form was closed in the meantime, it is not reopened.
			if (isOpen()) {
				show(messageOf(error));
			} else {
				notice(messageOf(error), true);
			}
		} finally {
			isSaving = false;
			store.notify();
		}
	};

	return {
		notice,
		inBackground,
		submitForm,
		openForm: node => store.dispatch({type: 'dialog', dialog: {kind: 'form', form: openForm(node)}}),
		ask: (act, {id, name}) => store.dispatch({type: 'dialog', dialog: {kind: 'confirm', act, nodeId: id, name}}),
		answered: () => {
			const {dialog} = store.getUiState().view;
			if (dialog?.kind !== 'confirm') {
				return;
			}

			if (!isAgreed(dialog)) {
				notice(`${dialog.name} was not ${doneWords[dialog.act]}`);
			} else {
				void inBackground(async () => {
					const {act, nodeId, name} = dialog;
					const removed = `${name} was removed in the meantime`;
					if (act === 'silence' || act === 'unsilence') {
						if (!nodeStore.read().nodes.some(({id}) => id === nodeId)) {
							return removed;
						}

						await changeSilence(options, act, {id: nodeId, name});
						void poller.checkNow();
						return `${doneWords[act]} ${name}${act === 'silence' ? ' for 2 h; z to end it' : ''}`;
					}

					const before = await changeNode(nodeStore, nodeId, changes[act]);
					void poller.checkNow();
					if (!before) {
						return removed;
					}

					undoable = act === 'remove' ? undefined : {before, act};
					return `${doneWords[act]} ${name}${undoable ? '; u to undo' : ''}`;
				});
			}
		},
		undo: () => {
			const last = undoable;
			undoable = undefined;
			if (!last) {
				notice('nothing to undo: u takes back the last disable or enable');
				return;
			}

			void inBackground(async () => {
				const {before, act} = last;
				const node = await changeNode(nodeStore, before.id, now => compact({...now, ...availabilityOf(before)}));
				void poller.checkNow();
				return node ? `${before.name} is no longer ${doneWords[act]}` : `${before.name} was removed in the meantime`;
			});
		},
	};
}

/**
 * Saves the form's node: a new one, or changes to the node it was opened for.
 * @returns the saved node
 * @throws InputError with the problem; the file is then unchanged
 */
async function saveForm(store: NodeStore, form: NodeForm): Promise<Node> {
	let saved: Node | undefined;
	await store.update(file => {
		const before = file.nodes.find(({id}) => id === form.nodeId);
		if (form.nodeId !== undefined && !before) {
			throw new InputError('node_not_found', 'the node was removed in the meantime: press Esc, then a to add it');
		}

		const where = `node ${quoteValue(form.values.name || 'without a name')}`;
		const definition = store.withStoredPaths(parseNodeDefinition(definitionOf(form, before), where));
		refuseTakenNodeName(file.nodes, definition.name, form.nodeId);
		const node: Node = {id: before?.id ?? file.next_id, ...definition};
		saved = node;
		return before
			? {...file, nodes: file.nodes.map(other => (other.id === node.id ? node : other))}
			: {...file, nodes: [...file.nodes, node], next_id: file.next_id + 1};
	});
	if (!saved) {
		throw new InputError('save_failed', 'the node was not saved');
	}

	return saved;
}

/** The changes to a node that require a confirmation. */
const changes = {
	remove: () => undefined,
	disable: ({disabled_until: _, ...node}) => ({...node, available: false}),
	enable: ({disabled_until: _, ...node}) => ({...node, available: true}),
} as const satisfies Record<string, (node: Node) => Node | undefined>;

/** A change that requires a confirmation. */
type NodeAct = keyof typeof changes;

/** Silencing a node's alerts or ending that, after a confirmation. */
type SilenceAct = 'silence' | 'unsilence';

/** @throws InputError when silences cannot be changed or saved, and for a silence that covers more than this node */
async function changeSilence(
	{silenceStore: store, nodeStore, nowMs}: NodeDialogsOptions,
	act: SilenceAct,
	{id, name}: Pick<Node, 'id' | 'name'>,
): Promise<void> {
	if (!store) {
		throw new InputError('save_failed', 'silences cannot be changed here');
	}

	const isOnlyAbout = ({nodes = []}: Silence): boolean => nodes.length === 1 && nodes[0]?.id === id;
	const about = {nodes: [{id, name}], by: store.whoAmI(), forMs: silenceMs};
	const silences = await store.update(before =>
		act === 'silence' ? withSilence(before, about, nowMs()) : withSilencesEnded(before, isOnlyAbout, nowMs()),
	);
	const node = nodeStore.read().nodes.find(each => each.id === id);
	const active = silences.filter(silence => isActiveSilence(silence, nowMs()));
	const left = act === 'unsilence' && node ? silenceOf(active, node, node.daemon) : undefined;
	if (left) {
		throw new InputError('bad_usage', `it is silenced with others: xmrtop silence end ${left.id}`);
	}
}

/** A change that can be undone, and the node before the change. */
interface Undoable {
	readonly before: Node;
	readonly act: Exclude<NodeAct, 'remove'>;
}

const availabilityOf = ({available, disabled_until}: Node) => ({available, disabled_until});

/**
 * Changes a node in the file.
 * @param change returns `undefined` to remove it
 * @returns the node before the change; `undefined` when it does not exist
 * @throws InputError when it cannot be saved
 */
async function changeNode(
	store: NodeStore,
	nodeId: number,
	change: (node: Node) => Node | undefined,
): Promise<Node | undefined> {
	let before: Node | undefined;
	await store.update(file => {
		before = file.nodes.find(({id}) => id === nodeId);
		const nodes = file.nodes.map(node => (node === before ? change(node) : node)).filter(node => node !== undefined);
		return before ? {...file, nodes} : file;
	});
	return before;
}
