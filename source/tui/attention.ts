import {countText} from '../domain/format.js';
import type {Settings} from '../domain/settings.js';
import type {State} from '../domain/state.js';
import {stateCounts} from './header.js';
import {isHostRow, type UiState} from './ui-state.js';

export interface AttentionOptions {
	readonly getUiState: () => UiState;
	/** Writes bytes to the terminal outside of drawing. */
	readonly write: (bytes: string) => void;
	/** The events that ring the bell. */
	readonly bell: Settings['bell'];
}

/** Signals problems to a user who looks at another window: by the terminal's title and bell. */
export interface Attention {
	/** Saves the terminal's title and sets our own. */
	readonly enter: () => void;
	/** Restores the saved title. */
	readonly leave: () => void;
	/** Must be called after every change of the fleet. */
	readonly fleetChanged: () => void;
}

const saveTitle = '\u001B[22;0t';
const restoreTitle = '\u001B[23;0t';
const ring = '\u0007';

export function createAttention({getUiState, write, bell}: AttentionOptions): Attention {
	let isEntered = false;
	let title = '';
	let known: ReadonlyMap<number, State> = new Map();

	const setTitle = (): void => {
		const next = titleOf(getUiState());
		if (isEntered && next !== title) {
			title = next;
			write(`\u001B]2;${next}\u0007`);
		}
	};

	return {
		enter: () => {
			isEntered = true;
			title = '';
			write(saveTitle);
			setTitle();
		},
		leave: () => {
			if (isEntered) {
				isEntered = false;
				write(restoreTitle);
			}
		},
		fleetChanged: () => {
			const next = new Map(
				getUiState()
					.listed.all.filter(({row}) => !row.disabled)
					.map(({row}) => [row.id, row.state] as const),
			);
			// A node seen for the first time does not count as changed.
			const changed = [...next].filter(
				([id, state]) => (known.get(id) ?? 'unknown') !== 'unknown' && known.get(id) !== state,
			);
			known = next;
			const isNews =
				bell === 'any' ? changed.length > 0 : bell === 'down' && changed.some(([, state]) => state === 'down');
			if (isEntered && isNews) {
				write(ring);
			}

			setTitle();
		},
	};
}

/** The title: `xmrtop: 2 down`, else the worst state, else that all nodes are up. */
function titleOf({listed}: UiState): string {
	const nodes = listed.all.filter(entry => !isHostRow(entry));
	const counts = stateCounts(nodes);
	const worst = (['down', 'degraded', 'busy'] as const).find(state => counts.has(state));
	return worst === undefined
		? `xmrtop: ${countText(counts.get('up') ?? 0)} up`
		: `xmrtop: ${countText(counts.get(worst))} ${worst}`;
}
