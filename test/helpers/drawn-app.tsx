import {EventEmitter} from 'node:events';
import {render} from 'ink';
import type {FleetSnapshot} from '../../source/domain/fleet.js';
import {App} from '../../source/tui/app.js';
import {createScreenStore, type ScreenStore} from '../../source/tui/screen-store.js';
import {type ChangedCells, createChangedCells} from '../../source/tui/terminal/changed-cells.js';

/** A terminal that records its output and can be slow. */
export class KeepingTerminal extends EventEmitter {
	readonly isTTY = true;
	readonly written: string[] = [];
	writableNeedDrain = false;
	columns: number;
	rows: number;

	constructor({columns, rows}: {readonly columns: number; readonly rows: number}) {
		super();
		this.columns = columns;
		this.rows = rows;
	}

	write(bytes: string): boolean {
		this.written.push(bytes);
		return !this.writableNeedDrain;
	}

	/** Clears the recorded output. @returns its size in bytes */
	takeBytes(): number {
		return Buffer.byteLength(this.written.splice(0).join(''));
	}
}

/** A keyboard without input. */
export const idleKeyboard = () =>
	Object.assign(new EventEmitter(), {
		isTTY: true,
		read: () => null,
		setRawMode: () => {},
		setEncoding: () => {},
		ref: () => {},
		unref: () => {},
	}) as unknown as NodeJS.ReadStream;

/** The live table as it is drawn on a terminal. */
export interface DrawnApp {
	readonly cells: ChangedCells;
	readonly unmount: () => void;
	/** Renders the current state of the store. Resolves when it is written. */
	readonly settled: () => Promise<void>;
}

export function drawApp(store: ScreenStore, terminal: KeepingTerminal): DrawnApp {
	const cells = createChangedCells(terminal);
	const nothing = (): void => {};
	const {unmount} = render(<App store={store} onKeys={nothing} onResize={nothing} onMount={nothing} />, {
		stdout: cells.stdout,
		stdin: idleKeyboard(),
		interactive: true,
		debug: true,
		patchConsole: false,
	});
	return {
		cells,
		unmount,
		settled: async () => {
			store.invalidate();
			store.notify();
			await new Promise(setImmediate);
		},
	};
}

/** Draws a fleet and a clock that a benchmark changes, on a terminal that keeps what is written. */
export function drawFleet(
	size: {readonly columns: number; readonly rows: number},
	getSnapshot: () => FleetSnapshot,
	nowMs: () => number,
) {
	const terminal = new KeepingTerminal(size);
	const store = createScreenStore({
		poller: {getSnapshot},
		size: () => size,
		look: {ascii: false, color: true},
		nodesPath: '',
		nowMs,
	});
	return {terminal, store, ...drawApp(store, terminal)};
}
