import {countWithNoun, formatLatency, sparkline} from '../domain/format.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {Transition} from '../domain/past/transition.js';
import {type State, stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {fitLine, type Line} from './styled-line.js';
import {displayWidth, fitText} from './text-width.js';
import {dim, stateStyles} from './theme.js';

const margin = '   ';

/** Latencies and states of the last checks. */
export function pastLines({latencies = [], recent_states: states = []}: NodeState, width: number): readonly Line[] {
	const room = Math.max(10, Math.min(60, width - 40));
	const shown = latencies.slice(-room);
	const sorted = [...shown].sort((a, b) => a - b);
	const median = sorted[Math.floor(sorted.length / 2)];
	const cells = states.slice(-room);
	return [
		...(shown.length === 0
			? []
			: [
					fitLine(
						[
							{text: `${margin}latency  `, style: dim},
							{text: sparkline(shown).padEnd(Math.min(room, Math.max(shown.length, cells.length)))},
							{text: `   median ${formatLatency(median)}, worst ${formatLatency(sorted.at(-1))}`, style: dim},
						],
						width,
					),
				]),
		...(cells.length === 0
			? []
			: [
					fitLine(
						[
							{text: `${margin}states   `, style: dim},
							...cells.map(state => ({text: stateWords[state].glyph, style: stateStyles[state]})),
							{text: `   ${upShare(states)} of ${countWithNoun(states.length, 'check')} worked`, style: dim},
						],
						width,
					),
				]),
	];
}

const upShare = (states: readonly State[]): string =>
	`${Math.floor((100 * states.filter(state => stateWords[state].works).length) / states.length)} %`;

/** Changes of state, the latest first, with the reason of each. */
export function transitionLines(transitions: readonly Transition[], width: number, nowMs: number): readonly Line[] {
	const withDate = transitions.some(({at}) => nowMs - Date.parse(at) >= dateFromAgeMs);
	return transitions.map(({at, from, to, method, message, reason}) =>
		fitLine(
			[
				{text: `${margin}${momentText(at, withDate)}  `, style: dim},
				{text: fitText(from, 8, 'right'), style: dim},
				{text: ' → ', style: dim},
				{text: fitText(`${stateWords[to].glyph} ${to}`, 10), style: stateStyles[to]},
				{text: `  ${cleanText(reason ?? message)}`},
				...(method === 'api' ? [] : [{text: ` (${method})`, style: dim}]),
			],
			width,
		),
	);
}

/** Changes of state of any node, with its name. */
export function latestLines(transitions: readonly Transition[], width: number, nowMs: number): readonly Line[] {
	const nameWidth = Math.min(24, Math.max(0, ...transitions.map(({node}) => displayWidth(cleanText(node)))));
	return transitions.map(transition => {
		const [at = {text: ''}, ...rest] = transitionLines([transition], width, nowMs)[0] ?? [];
		return fitLine([at, {text: `${fitText(cleanText(transition.node), nameWidth)} `}, ...rest], width);
	});
}

/** From this age on a time alone could be taken for one of today. */
export const dateFromAgeMs = 20 * 3_600_000;

/** A moment in local time. */
export function momentText(at: string, withDate: boolean): string {
	const date = new Date(at);
	const two = (value: number): string => String(value).padStart(2, '0');
	const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
	return withDate ? `${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}` : time;
}
