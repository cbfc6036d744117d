import {wrapText} from './display-width.js';
import type {Scene} from './scene.js';
import type {Line} from './spans.js';
import {bold, dim} from './theme.js';

/** What to do when there is no node. */
const steps = [
	['a', 'add one here, or from a shell:'],
	['', 'xmrtop nodes add NAME --port 18083'],
	['', 'xmrtop discover --add     finds running monero-wallet-rpc processes on this machine'],
	['', 'xmrtop demo               shows a simulated fleet'],
] as const;

/** The page of a fleet without nodes. */
export function emptyLines({columns: width, nodesPath}: Scene): readonly Line[] {
	return [
		[],
		[{text: '   No nodes yet', style: bold}],
		[],
		...steps.flatMap(([key, text]) =>
			wrapText(text, width - 8).map(
				(line, index): Line => [
					{text: index === 0 && key !== '' ? `   ${key}  ` : '      ', style: bold},
					{text: line},
				],
			),
		),
		[],
		...wrapText(`They are kept in ${nodesPath}`, width - 4).map((text): Line => [{text: `   ${text}`, style: dim}]),
	];
}
