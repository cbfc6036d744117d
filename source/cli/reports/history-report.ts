import type {NodePast} from '../../application/history-document.js';
import {ageText, countWithNoun, spanText} from '../../domain/format.js';
import type {Transition} from '../../domain/past/transition.js';
import {type Outage, type Uptime, type UptimeWindow, uptimeWindows} from '../../domain/past/uptime.js';
import {cleanText} from '../../domain/text.js';
import {alignColumns, csvCell} from './text-table.js';

export interface HistoryReportOptions {
	/** How many of the latest outages and transitions to show. */
	readonly limit: number;
	/** Milliseconds since the epoch. */
	readonly nowMs: number;
}

/** Uptime, outages and transitions as plain tables, latest last. */
export function historyReportText(pasts: readonly NodePast[], {limit, nowMs}: HistoryReportOptions): string {
	const outages = pasts
		.flatMap(({node, history}) => history.outages.map(outage => ({node, outage})))
		.sort((a, b) => (a.outage.from < b.outage.from ? -1 : 1));
	const transitions = pasts.flatMap(past => past.transitions).sort((a, b) => (a.at < b.at ? -1 : 1));
	const tables = [
		alignColumns(
			[
				['UPTIME', 'STATE', 'FOR', ...windows.map(name => name.toUpperCase())],
				...pasts.map(past => uptimeRow(past, nowMs)),
			],
			1,
		),
		section(
			{title: ['OUTAGE', 'BEGAN (UTC)', 'LASTED', 'STATE', 'REASON'], noun: 'outage', limit},
			outages,
			({node, outage}) => [
				node.name,
				secondText(outage.from),
				lastedText(outage),
				outage.state,
				cleanText(outage.reason ?? outage.message),
			],
		),
		section({title: ['CHANGE', 'AT (UTC)', 'FROM', 'TO', 'REASON'], noun: 'change', limit}, transitions, change => [
			cleanText(change.node),
			secondText(change.at),
			change.from,
			change.to,
			cleanText(change.reason ?? change.message),
		]),
	];
	return tables.filter(table => table !== '').join('\n');
}

interface Section {
	readonly title: readonly string[];
	readonly noun: string;
	readonly limit: number;
}

function section<T>({title, noun, limit}: Section, items: readonly T[], rowOf: (item: T) => readonly string[]): string {
	const shown = items.slice(Math.max(0, items.length - limit));
	const earlier = items.length - shown.length;
	const note = earlier > 0 ? `(${countWithNoun(earlier, `earlier ${noun}`)}: --limit ${items.length})\n` : '';
	return alignColumns([title, ...shown.map(rowOf)], shown.length) + note;
}

const windows = Object.keys(uptimeWindows) as UptimeWindow[];

function uptimeRow({node, record, history}: NodePast, nowMs: number): string[] {
	const age = record ? ageText(Math.max(0, nowMs - Date.parse(record.since))) : '-';
	return [
		node.name,
		record?.state ?? 'unknown',
		age,
		...windows.map(window => uptimeReportText(history.uptime[window], uptimeWindows[window])),
	];
}

/** The uptime in percent, with the monitored time if that is less than 99 % of the window: `99.87 % of 3 h`. */
function uptimeReportText({ratio, seconds}: Uptime, windowMs: number): string {
	if (ratio === undefined) {
		return '-';
	}

	// Rounded down: 100 % only if it always worked.
	const percent = `${Math.floor(ratio * 10_000) / 100} %`;
	const knownMs = windowMs - seconds.unknown * 1000;
	return knownMs >= 0.99 * windowMs ? percent : `${percent} of ${spanText(Math.max(0, knownMs))}`;
}

function lastedText({to, duration_ms: ms, unwatched_ms: unwatchedMs}: Outage): string {
	const goesOn = to === undefined ? ' so far' : '';
	return `${spanText(ms)}${goesOn}${unwatchedMs === undefined ? '' : ` (${spanText(unwatchedMs)} not monitored)`}`;
}

const secondText = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)}`;

const csvHeader = ['at', 'node_id', 'node', 'method', 'from', 'to', 'message', 'reason'] as const;

/** Transitions as RFC 4180 CSV. */
export function transitionsCsv(transitions: readonly Transition[]): string {
	const lines = transitions.map(transition => csvHeader.map(name => csvCell(transition[name])).join(','));
	return [csvHeader.join(','), ...lines].map(line => `${line}\r\n`).join('');
}

/**
 * A state change as one line: `2026-11-23T20:00:00.000Z main-node up -> down: connection refused`.
 * @param withTime whether the line starts with the time; the systemd journal adds its own
 */
export function transitionLine({at, node, from, to, method, message, reason}: Transition, withTime: boolean): string {
	const by = method === 'api' ? '' : ` (${method})`;
	return `${withTime ? `${at} ` : ''}${cleanText(node)} ${from} -> ${to}${by}: ${cleanText(reason ?? message)}`;
}
