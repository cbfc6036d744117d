import type {Scene} from '../ui-state.js';
import {keyRows} from '../view/commands.js';
import {displayWidth, fitText, wrapText} from './display-width.js';
import type {Line} from './spans.js';
import {bold} from './theme.js';

/** Every key and what it does. */
export function helpLines({columns: width}: Scene): readonly Line[] {
	const rows = keyRows();
	const keysWidth = Math.min(
		Math.max(...rows.map(({keys}) => displayWidth(keys))),
		Math.max(12, Math.floor(width * 0.3)),
	);
	return rows.flatMap(({keys, does}) => {
		const left = wrapText(keys, keysWidth);
		const right = wrapText(does, Math.max(10, width - keysWidth - 6));
		return Array.from(
			{length: Math.max(left.length, right.length)},
			(_, index): Line => [
				{text: `  ${fitText(left[index] ?? '', keysWidth)}`, style: bold},
				{text: `  ${right[index] ?? ''}`},
			],
		);
	});
}
