import {EventEmitter} from 'node:events';
import type {Painter} from './painter.js';

/** The part of a terminal's output stream that is written to. */
export interface TerminalOutput extends EventEmitter {
	readonly columns?: number;
	readonly rows?: number;
	readonly writableNeedDrain?: boolean;
	readonly write: (bytes: string) => boolean;
}

/** Where Ink draws instead of the terminal. */
export interface FrameStream {
	/** What is handed to Ink as its stdout: every write is one whole frame (Ink's `debug` mode). */
	readonly stdout: NodeJS.WriteStream;
	/** The last frame as text with SGR sequences. */
	readonly lastFrame: () => string;
	/** Clears the terminal with the next frame, which comes soon: the last one anew when Ink has none. */
	readonly redraw: () => void;
	/** Frames are kept but not drawn until `resume`. */
	readonly hold: () => void;
	readonly resume: () => void;
}

/**
 * Takes whole frames from Ink and sends the terminal only what differs.
 * While the terminal is slower than we are, frames in between are left out.
 */
export function createFrameStream(
	output: TerminalOutput,
	painter: Painter,
	unpack: (frame: string) => string,
	size: () => {readonly columns: number; readonly rows: number},
): FrameStream {
	let frame = '';
	let held = false;
	let waitsForDrain = false;

	const draw = (): void => {
		if (held || waitsForDrain) {
			return;
		}

		const bytes = painter.paint(frame, size());
		if (bytes !== '' && !output.write(bytes) && output.writableNeedDrain) {
			waitsForDrain = true;
			output.once('drain', () => {
				waitsForDrain = false;
				draw();
			});
		}
	};

	const stdout = Object.defineProperties(new EventEmitter(), {
		// Ink needs room for one character: see LineBox.
		columns: {value: 1},
		rows: {get: () => size().rows},
		write: {
			value: (written: string) => {
				frame = unpack(written);
				draw();
				return true;
			},
		},
	}) as unknown as NodeJS.WriteStream;

	return {
		stdout,
		lastFrame: () => frame,
		redraw: () => {
			painter.forget();
			setImmediate(draw);
		},
		hold: () => {
			held = true;
		},
		resume: () => {
			held = false;
		},
	};
}
