import type {OpenAlert} from '../domain/alerts/alert.js';
import {ageText, countWithNoun, formatLatency, spanText, sparkline} from '../domain/format.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {Transition} from '../domain/past/transition.js';
import type {NodeHistory} from '../domain/past/uptime.js';
import {type State, stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {fitLine, type Line, lineWidth} from './styled-line.js';
import {displayWidth, fitText, wrapText} from './text-width.js';
import {bold, dim, stateStyles} from './theme.js';

const margin = '   ';

/** Latencies and states of the last checks. */
export function pastLines({latencies = [], recent_states: states = []}: NodeState, width: number): readonly Line[] {
	const room = Math.max(10, Math.min(60, width - 40));
	const shown = latencies.slice(-room);
	const {median, worst} = usualLatencies(shown);
	const cells = states.slice(-room);
	return [
		...(shown.length === 0
			? []
			: [
					fitLine(
						[
							{text: `${margin}latency  `, style: dim},
							{text: sparkline(shown).padEnd(Math.min(room, Math.max(shown.length, cells.length)))},
							{text: `   median ${formatLatency(median)}, worst ${formatLatency(worst)}`, style: dim},
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

/** The median and the maximum of latencies in milliseconds; absent when there are none. */
export function usualLatencies(latencies: readonly number[]): {readonly median?: number; readonly worst?: number} {
	const sorted = [...latencies].sort((a, b) => a - b);
	const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
	return median === undefined || worst === undefined ? {} : {median, worst};
}

/** The share of checks that worked, as text. */
const upShare = (states: readonly State[]): string =>
	`${Math.floor((100 * states.filter(state => stateWords[state].works).length) / states.length)} %`;

/** Open alerts, with their age and text. */
export function alertLines(alerts: readonly OpenAlert[], width: number, nowMs: number): readonly Line[] {
	return alerts.flatMap(({since, text}) =>
		wrapText(
			cleanText(`alert open for ${spanText(Math.max(0, nowMs - Date.parse(since)))}: ${text}`, 600),
			width - margin.length - 2,
		).map((part, line): Line => [{text: `${margin}${line === 0 ? '!' : ' '} ${part}`, style: bold}]),
	);
}

/** The uptime of the node, and its outages. */
export function uptimeLines({uptime, outages}: NodeHistory, width: number, nowMs: number): readonly Line[] {
	const shares = Object.entries(uptime).flatMap(([window, {ratio}]) =>
		ratio === undefined ? [] : [`${window} ${percentText(ratio)}`],
	);
	const longest = outages.toSorted((a, b) => b.duration_ms - a.duration_ms)[0];
	const sumMs = outages.reduce((sum, outage) => sum + outage.duration_ms, 0);
	const said = longest
		? [
				`${countWithNoun(outages.length, 'outage')}, ${spanText(sumMs)}${outages.length > 1 ? ' in all' : ''}`,
				...(outages.length > 1
					? [`longest ${spanText(longest.duration_ms)} (${momentText(longest.from, isOld(longest.from, nowMs))})`]
					: []),
			]
		: Object.values(uptime).every(({ratio = 1}) => ratio === 1)
			? ['no outage']
			: [];
	return shares.length === 0
		? []
		: [
				fitLine(
					[
						{text: `${margin}worked   `, style: dim},
						{text: shares.join(', ')},
						{text: `   ${said.join(', ')}`, style: dim},
					],
					width,
				),
			];
}

/** A ratio as `99.9 %`, rounded down: 100 % only if it is exact. */
const percentText = (ratio: number): string => `${ratio === 1 ? 100 : Math.floor(ratio * 1000) / 10} %`;

/**
 * How long the previous state of each transition had lasted, in milliseconds; absent if not known.
 * @param transitions oldest first
 */
export function timesBefore(transitions: readonly Transition[]): ReadonlyMap<Transition, number> {
	const known = timesOf.get(transitions);
	if (known) {
		return known;
	}

	const times = new Map<Transition, number>();
	const lasts = new Map<string, Transition>();
	for (const transition of transitions) {
		const {at, node_id: id, method, from} = transition;
		const last = lasts.get(`${method} ${id}`);
		if (last?.to === from && from !== 'unknown') {
			times.set(transition, Date.parse(at) - Date.parse(last.at));
		}

		lasts.set(`${method} ${id}`, transition);
	}

	timesOf.set(transitions, times);
	return times;
}

const timesOf = new WeakMap<readonly Transition[], ReadonlyMap<Transition, number>>();

/** How transitions are written. */
export interface PastStyle {
	readonly width: number;
	readonly nowMs: number;
	/** See {@link timesBefore}; absent: there is no room for these times. */
	readonly before?: ReadonlyMap<Transition, number> | undefined;
	/** The daemon that the page is about: reasons need not name it. */
	readonly daemon?: string;
	/** Whether a reason that does not fit goes on below; default false. */
	readonly isWhole?: boolean;
}

/** Transitions with their reasons, latest first. */
export function transitionLines(transitions: readonly Transition[], style: PastStyle): readonly Line[] {
	return linesOf(transitions, style, () => '');
}

/** Transitions of different nodes, with the nodes' names. */
export function latestLines(transitions: readonly Transition[], style: PastStyle): readonly Line[] {
	const nameWidth = Math.min(24, Math.max(0, ...transitions.map(({node}) => displayWidth(cleanText(node)))));
	return linesOf(transitions, style, ({node}) => `${fitText(cleanText(node), nameWidth)} `);
}

function linesOf(
	transitions: readonly Transition[],
	{width, nowMs, before, daemon, isWhole = false}: PastStyle,
	nameOf: (transition: Transition) => string,
): readonly Line[] {
	const named = daemon === undefined ? '' : `daemon ${daemon} `;
	const withDate = transitions.some(({at}) => isOld(at, nowMs));
	return transitions.flatMap(transition => {
		const {at, from, to, method, message, reason} = transition;
		const beforeMs = before?.get(transition);
		const after = beforeMs === undefined ? '' : `after ${ageText(beforeMs).padStart(4)}`;
		const head: Line = [
			{text: `${margin}${momentText(at, withDate)}  `, style: dim},
			{text: nameOf(transition)},
			{text: fitText(from, 8, 'right'), style: dim},
			{text: ' → ', style: dim},
			{text: fitText(`${stateWords[to].glyph} ${to}`, 10), style: stateStyles[to]},
			...(before ? [{text: `  ${fitText(after, 10)}`, style: dim}] : []),
		];
		const said = cleanText(reason ?? message).replace(named, named === '' ? '' : 'daemon ');
		const by = method === 'api' ? '' : ` (${method})`;
		const room = width - lineWidth(head) - 2;
		if (!isWhole || displayWidth(said + by) <= room) {
			return [fitLine([...head, {text: `  ${said}`}, ...(by === '' ? [] : [{text: by, style: dim}])], width)];
		}

		const indent = room >= minReason ? lineWidth(head) + 2 : 2 * margin.length;
		const [first = '', ...rest] = wrapText(said + by, width - indent);
		const below = room >= minReason ? rest : [first, ...rest];
		return [
			room >= minReason ? [...head, {text: `  ${first}`}] : fitLine(head, width),
			...below.map((text): Line => [{text: ' '.repeat(indent) + text}]),
		];
	});
}

/** Minimum width of a reason beside its transition; where there is less, the whole reason is below. */
const minReason = 24;

/** Older times are shown with their date, because a time alone could be taken for today's. */
export const dateFromAgeMs = 20 * 3_600_000;

const isOld = (at: string, nowMs: number): boolean => nowMs - Date.parse(at) >= dateFromAgeMs;

/** A time in the local time zone. */
export function momentText(at: string, withDate: boolean): string {
	const date = new Date(at);
	const two = (value: number): string => String(value).padStart(2, '0');
	const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
	return withDate ? `${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}` : time;
}
