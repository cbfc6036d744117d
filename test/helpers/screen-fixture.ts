import type {OpenAlert} from '../../source/domain/alerts/alert.js';
import type {DaemonResultOf} from '../../source/domain/daemon-report.js';
import type {FleetSnapshot} from '../../source/domain/fleet.js';
import {createScreenStore, type ScreenStore} from '../../source/tui/screen-store.js';
import type {UiState} from '../../source/tui/ui-state.js';
import {fleetNowMs} from './fleet-fixture.js';

/** A screen store whose fleet and size the test can change. */
export interface ScreenStoreFixture extends ScreenStore {
	size: {columns: number; rows: number};
	snapshot: FleetSnapshot;
	nowMs: number;
}

/** Opens a screen store with an idle fleet. */
export function screenStoreFixture(
	snapshot: FleetSnapshot,
	options: Partial<{
		columns: number;
		rows: number;
		ascii: boolean;
		color: boolean;
		isRemote: boolean;
		daemonResult: DaemonResultOf;
		openAlerts: () => readonly OpenAlert[];
	}> = {},
): ScreenStoreFixture {
	const {columns = 80, rows = 24, ascii = false, color = true, isRemote = false, daemonResult, openAlerts} = options;
	const still = {size: {columns, rows}, snapshot, nowMs: fleetNowMs};
	const store = createScreenStore({
		poller: {getSnapshot: () => still.snapshot, ...(daemonResult && {daemonResult})},
		size: () => still.size,
		look: {ascii, color},
		nodesPath: '/home/op/.config/xmrtop/nodes.json',
		isRemote,
		openAlerts,
		nowMs: () => still.nowMs,
	});
	return Object.assign(still, store);
}

/** The UI state of an idle fleet. */
export function uiStateFixture(
	snapshot: FleetSnapshot,
	options: Parameters<typeof screenStoreFixture>[1] = {},
): UiState {
	return screenStoreFixture(snapshot, options).getUiState();
}
