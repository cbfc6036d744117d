import {setImmediate as nextTurn} from 'node:timers/promises';
import {matchWallets} from '../domain/discovery/match-wallets.js';
import type {FindWallets} from '../domain/ports.js';
import type {NodeStore} from '../domain/store.js';
import type {ScreenStore} from './screen-store.js';

export interface WalletSearchOptions {
	readonly store: Pick<ScreenStore, 'setFound' | 'notify'>;
	readonly nodeStore: Pick<NodeStore, 'read'>;
	/** `undefined`: nothing is ever looked for. */
	readonly findWallets: FindWallets | undefined;
}

/**
 * Looks for the wallets of this machine that are no nodes, one search at a time; what fails changes nothing.
 * @returns starts a search
 */
export function createWalletSearch({store, nodeStore, findWallets}: WalletSearchOptions): () => void {
	let isSearching = false;
	const search = async (find: FindWallets): Promise<void> => {
		isSearching = true;
		try {
			// The first frame, or the answer to the key, comes before the search.
			await nextTurn();
			const {found} = await find();
			const {nodes} = nodeStore.read();
			// Rather one wallet too few is offered than one that is a node already.
			const matched = matchWallets(found, {nodes, recall: () => undefined, isLocalHost: () => true});
			store.setFound(matched.filter(({node}) => !node));
			store.notify();
		} catch {
			// It is an offer: without it the page says what it says anyway.
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
