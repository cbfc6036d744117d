import {footerLine, statusLine} from './bottom-lines.js';
import {dialogLines} from './dialog-lines.js';
import {pageHeight, pageLines} from './page-lines.js';
import {frameOf, leastSize, type Scene} from './scene.js';
import {fitLine, type Line} from './spans.js';
import {bold} from './theme.js';

/** The parts of the screen from top to bottom; together one line less than the terminal has. */
export interface ScreenLines {
	readonly header: readonly Line[];
	readonly body: readonly Line[];
	readonly status: Line;
	readonly footer: Line;
}

/** Everything the terminal shows. */
export function screenLines(scene: Scene): ScreenLines {
	if (frameOf(scene).isTooSmall) {
		return tooSmall(scene);
	}

	const page = pageLines(scene);
	const height = pageHeight(scene);
	const body = dialogLines(scene, height) ?? page.body.slice(page.scroll, page.scroll + height);
	const fit = (line: Line): Line => fitLine(line, scene.columns);
	return {
		header: page.header.map(fit),
		body: Array.from({length: height}, (_, index) => fit(body[index] ?? [])),
		status: statusLine(scene),
		footer: footerLine(scene),
	};
}

function tooSmall({columns, rows}: Scene): ScreenLines {
	const texts = ['too small', `${columns}x${rows}, but least`, `${leastSize.columns}x${leastSize.rows} is needed`];
	const lines = texts.map((text): Line => fitLine([{text, style: bold}], columns));
	const all = Array.from({length: Math.max(2, rows - 1)}, (_, index) => lines[index] ?? []);
	return {header: [], body: all.slice(0, -2), status: all.at(-2) ?? [], footer: all.at(-1) ?? []};
}
