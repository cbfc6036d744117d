import {commandTable} from '../../interfaces/command-table.js';
import type {Scene} from '../scene.js';
import {wrapText} from './display-width.js';
import type {Line} from './spans.js';
import {bold, dim} from './theme.js';

/** What to do when there is no node, as far as there is a command for it. */
const steps: ReadonlyArray<readonly [command: string, typed: string, about: string]> = [
	['nodes add', 'nodes add NAME --port 18083', 'adds one, from a shell'],
	['discover', 'discover --add', 'finds the ones that run on this machine'],
	['demo', 'demo', 'shows a simulated fleet'],
];

/** The page of a fleet without nodes. */
export function emptyLines({columns: width, nodesPath}: Scene): readonly Line[] {
	return [
		[],
		[{text: '   No nodes yet', style: bold}],
		[],
		[{text: '   a  ', style: bold}, {text: 'adds a monero-wallet-rpc to watch, here'}],
		[],
		...steps
			.filter(([command]) => Object.hasOwn(commandTable, command))
			.flatMap(([, typed, about]): Line[] => [
				[
					{text: `   xmrtop ${typed}`, style: bold},
					...(width < 76 ? [] : [{text: `${' '.repeat(32 - typed.length)}${about}`}]),
				],
				...(width < 76 ? [[{text: `      ${about}`}]] : []),
			]),
		[],
		...wrapText(`They are kept in ${nodesPath}`, width - 4).map((text): Line => [{text: `   ${text}`, style: dim}]),
	];
}
