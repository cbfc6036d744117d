import {setImmediate as nextTurn} from 'node:timers/promises';
import {
	addability,
	type DiscoveredWallet,
	type GivenLogin,
	matchWallets,
	withWallets,
} from '../domain/discovery/match-wallets.js';
import {nodeFields} from '../domain/node/parse-node.js';
import type {FindWallets, RunningWallet} from '../domain/ports.js';
import type {SavePassword} from '../domain/secret-files.js';
import type {NodeStore} from '../domain/store.js';
import type {ScreenStore} from './screen-store.js';
import type {NodeDialogs} from './view/node-dialogs.js';
import {type PasswordDialog, selectedFoundPid} from './view/view-state.js';

export interface WalletSearchOptions {
	readonly store: Pick<ScreenStore, 'setFound' | 'notify'>;
	readonly nodeStore: Pick<NodeStore, 'read'>;
	/** `undefined`: never searches. */
	readonly findWallets: FindWallets | undefined;
}

/**
 * Creates a search for running wallets that are not yet nodes. Only one search runs at a time; a failed search changes nothing.
 * @returns a function that starts a search
 */
export function createWalletSearch({store, nodeStore, findWallets}: WalletSearchOptions): () => void {
	let isSearching = false;
	const search = async (find: FindWallets): Promise<void> => {
		isSearching = true;
		try {
			// Draw the first frame, or the reaction to the key, before the search.
			await nextTurn();
			const {found, unreadable} = await find();
			store.setFound(notNodes(found, nodeStore.read().nodes), unreadable);
			store.notify();
		} catch {
			// The wallets are only a suggestion, so a failed search is not reported.
		} finally {
			isSearching = false;
		}
	};

	return () => {
		if (findWallets && !isSearching) {
			void search(findWallets);
		}
	};
}

/** The wallets that are not nodes. In doubt a wallet is left out, so that no existing node is offered. */
function notNodes(
	found: readonly RunningWallet[],
	nodes: ReturnType<NodeStore['read']>['nodes'],
): readonly DiscoveredWallet[] {
	return matchWallets(found, {nodes, recall: () => undefined, isLocalHost: () => true}).filter(({node}) => !node);
}

export interface FoundWalletsOptions {
	readonly store: Pick<ScreenStore, 'getUiState' | 'setFound' | 'dispatch' | 'notify'>;
	readonly nodeStore: Pick<NodeStore, 'read' | 'update'>;
	/** Absent: wallets that need a login cannot be added. */
	readonly savePassword?: SavePassword | undefined;
	readonly notice: NodeDialogs['notice'];
	readonly inBackground: NodeDialogs['inBackground'];
	/** Called after nodes were added. */
	readonly added: () => void;
}

/** Adds discovered wallets as nodes. */
export interface FoundWallets {
	readonly addSelected: () => void;
	/** Adds all wallets that can be added, and asks for the logins of the others one after another. */
	readonly addAll: () => void;
	/** Called for Enter in the login dialog. */
	readonly submitPassword: () => Promise<void>;
}

export function createFoundWallets(options: FoundWalletsOptions): FoundWallets {
	const {store, nodeStore, savePassword, notice, inBackground, added} = options;
	let isSaving = false;
	const listed = (): readonly DiscoveredWallet[] => store.getUiState().found ?? [];

	/** @throws InputError when they cannot be saved */
	const add = async (wallets: readonly DiscoveredWallet[], login?: GivenLogin): Promise<string> => {
		const pids = new Set(wallets.map(({wallet}) => wallet.pid));
		let names: readonly string[] = [];
		await nodeStore.update(file => {
			// Checked again under the lock, because another process may have added some.
			const free = notNodes(
				wallets.map(({wallet}) => wallet),
				file.nodes,
			);
			names = free.map(({name}) => name);
			return withWallets(file, free, login);
		});
		store.setFound(
			listed().filter(({wallet}) => !pids.has(wallet.pid)),
			store.getUiState().unseen,
		);
		added();
		return names.length === 0 ? 'already added' : `added ${names.join(', ')}`;
	};

	const ask = ({wallet, name}: DiscoveredWallet, next: readonly number[]): void => {
		const {login_user: user = ''} = wallet;
		const isUserKnown = user !== '';
		const dialog: PasswordDialog = {
			kind: 'password',
			pid: wallet.pid,
			name,
			isUserKnown,
			username: user,
			password: '',
			focused: isUserKnown ? 'password' : 'username',
			inNodesFile: savePassword === undefined,
			next,
		};
		store.dispatch({type: 'dialog', dialog});
	};

	/** Asks for the login of the first of these wallets that still runs. */
	const askNext = (pids: readonly number[]): void => {
		const [pid, ...next] = pids;
		const wallet = listed().find(each => each.wallet.pid === pid);
		if (wallet) {
			ask(wallet, next);
		} else if (pid === undefined) {
			store.dispatch({type: 'dialog', dialog: undefined});
		} else {
			askNext(next);
		}
	};

	const refuse = ({name, obstacles}: DiscoveredWallet): void =>
		notice(`${name} cannot be added: ${obstacles.join('; ')}`, true);

	const save = async (dialog: PasswordDialog, wallet: DiscoveredWallet): Promise<void> => {
		const {username, password, inNodesFile} = dialog;
		const saved = inNodesFile ? undefined : savePassword?.(wallet.name, password);
		try {
			const login = saved ? {username, password_file: saved.path} : {username, password};
			const outcome = await add([wallet], login);
			if (outcome === 'already added') {
				saved?.remove();
			}

			notice(saved && outcome !== 'already added' ? `${outcome}; its password is in ${saved.path}` : outcome);
		} catch (error) {
			saved?.remove();
			throw error;
		}
	};

	return {
		addSelected: () => {
			const {view} = store.getUiState();
			const pid = selectedFoundPid(
				view,
				listed().map(({wallet}) => wallet.pid),
			);
			const wallet = listed().find(each => each.wallet.pid === pid);
			if (!wallet) {
				return;
			}

			const how = addability(wallet);
			if (how === 'addable') {
				void inBackground(() => add([wallet]));
			} else if (how === 'needs-login') {
				ask(wallet, []);
			} else {
				refuse(wallet);
			}
		},
		addAll: () => {
			const free = listed().filter(wallet => addability(wallet) === 'addable');
			const asking = listed()
				.filter(wallet => addability(wallet) === 'needs-login')
				.map(({wallet}) => wallet.pid);
			if (free.length > 0) {
				void inBackground(() => add(free));
			}

			if (asking.length > 0) {
				askNext(asking);
			} else if (free.length === 0) {
				const [first] = listed();
				if (first) {
					refuse(first);
				}
			}
		},
		submitPassword: async () => {
			const {dialog} = store.getUiState().view;
			const wallet = dialog?.kind === 'password' ? listed().find(each => each.wallet.pid === dialog.pid) : undefined;
			if (dialog?.kind !== 'password' || isSaving) {
				return;
			}

			if (!wallet) {
				notice(`${dialog.name} is no longer running`, true);
				askNext(dialog.next);
				store.notify();
				return;
			}

			const error = loginProblem(dialog);
			if (error !== undefined) {
				store.dispatch({type: 'dialog', dialog: {...dialog, error}});
				return;
			}

			isSaving = true;
			/** Whether the dialog is still open after saving. */
			const isOpen = (): boolean => {
				const now = store.getUiState().view.dialog;
				return now?.kind === 'password' && now.pid === dialog.pid;
			};
			try {
				await save(dialog, wallet);
				if (isOpen()) {
					askNext(dialog.next);
				}
			} catch (problem) {
				const error = problem instanceof Error ? problem.message : String(problem);
				if (isOpen()) {
					store.dispatch({type: 'dialog', dialog: {...dialog, error}});
				} else {
					notice(error, true);
				}
			} finally {
				isSaving = false;
				store.notify();
			}
		},
	};
}

/** The error of an invalid login, in one line without the password. */
function loginProblem({username, password}: PasswordDialog): string | undefined {
	if (nodeFields.username.parse(username) === undefined) {
		return `the user name is invalid: expected ${nodeFields.username.allowed}`;
	}

	return nodeFields.password.parse(password) === undefined
		? `the password is invalid: expected ${nodeFields.password.allowed}`
		: undefined;
}
