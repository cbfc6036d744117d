import type {Watcher} from '../../application/poller.js';
import type {Node} from '../../domain/node/node.js';
import type {NodeStore} from '../../domain/store.js';
import {cleanText} from '../../domain/text.js';
import {changeNode, type NodeAct, saveForm} from '../node-changes.js';
import type {ScreenStore} from '../screen-store.js';
import {openForm} from './node-form.js';
import {isAgreed} from './type-in-dialog.js';

/** How long a notice stays, in milliseconds. */
const noticeMs = 4000;

const doneWords: Readonly<Record<NodeAct, string>> = {remove: 'removed', disable: 'disabled', enable: 'enabled'};

/** The dialogs that change nodes, and the notices that say what became of it. */
export interface NodeDialogs {
	/** Says something in one line for a while. */
	readonly notice: (text: string, isError?: boolean) => void;
	/** Does something slow; its outcome is shown when it is there. */
	readonly inBackground: (work: () => Promise<string>) => Promise<void>;
	/** Opens the form, for a new node or one to edit. */
	readonly openForm: (node: Node | undefined) => void;
	/** Asks before something is done to a node. */
	readonly ask: (act: NodeAct, node: Node) => void;
	/** Enter was pressed in the open question. */
	readonly answered: () => void;
	/** The open form is to be saved. */
	readonly submitForm: () => Promise<void>;
}

export interface NodeDialogsOptions {
	readonly store: ScreenStore;
	readonly watcher: Pick<Watcher, 'checkNow'>;
	readonly nodeStore: NodeStore;
	readonly nowMs: () => number;
}

export function createNodeDialogs({store, watcher, nodeStore, nowMs}: NodeDialogsOptions): NodeDialogs {
	let isSaving = false;
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
		const {dialog} = store.getScene().view;
		if (dialog?.kind !== 'form' || isSaving) {
			return;
		}

		isSaving = true;
		try {
			const node = await saveForm(nodeStore, dialog.form);
			store.dispatch({type: 'dialog', dialog: undefined});
			notice(`saved ${node.name}`);
			void watcher.checkNow();
		} catch (error) {
			// Whoever left the form meanwhile is not called back.
			if (store.getScene().view.dialog?.kind !== 'form') {
				notice(messageOf(error), true);
				return;
			}

			store.dispatch({type: 'dialog', dialog: {...dialog, form: {...dialog.form, error: messageOf(error)}}});
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
			const {dialog} = store.getScene().view;
			if (dialog?.kind !== 'confirm') {
				return;
			}

			if (!isAgreed(dialog)) {
				notice(`${dialog.name} was not ${doneWords[dialog.act]}`);
			} else {
				void inBackground(async () => {
					await changeNode(nodeStore, dialog.act, dialog.nodeId);
					void watcher.checkNow();
					return `${doneWords[dialog.act]} ${dialog.name}`;
				});
			}
		},
	};
}
