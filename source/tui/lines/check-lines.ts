import type {FullChecks} from '../../domain/check-result.js';
import {hostInUrl} from '../../domain/daemon-address.js';
import type {DiagnosisAge, FleetNode, NodeOrigin} from '../../domain/fleet.js';
import {formatLatency} from '../../domain/format.js';
import type {State} from '../../domain/state.js';
import {stateWords} from '../../domain/state.js';
import {cleanText} from '../../domain/text.js';
import {fitText, wrapText} from './display-width.js';
import {fitLine, type Line, type Style} from './spans.js';
import {dim, stateStyles} from './theme.js';

const margin = '   ';
const nameWidth = 9;
const tookWidth = 8;
/** Where the texts begin beside name and time, and where below them on a terminal too narrow for that. */
const besideIndent = margin.length + 2 + nameWidth + tookWidth + 3;
const belowIndent = margin.length + 2;
const leastBeside = 34;

/**
 * The checks of the last `full` result: verdict, time taken, what was seen.
 * @param age whether they hold now: old ones are dimmed, outdated ones left out
 * @param about what is said instead of them, or of their age
 */
export function checkLines(
	node: FleetNode,
	width: number,
	{age, about}: {readonly age: DiagnosisAge | undefined; readonly about: string},
): readonly Line[] {
	const {diagnosis} = node;
	if (node.origin && !diagnosis) {
		return originLines(node, node.origin, width);
	}

	const isBeside = width - besideIndent >= leastBeside;
	const titles = `${fitText('CHECK', nameWidth)}${fitText('TOOK', tookWidth, 'right')}${isBeside ? '   RESULT' : ''}`;
	const head: Line = [{text: `${margin}  ${titles}`, style: dim}];
	const rows = diagnosis && age !== 'outdated' ? checkRows(diagnosis.details.checks) : [];
	const below = age === 'current' ? [] : [[{text: `${margin}  ${about}`, style: dim}]];
	return rows.length === 0
		? [head, ...below]
		: [
				head,
				...rows.flatMap(row => rowLines(row, width, isBeside)).map(line => (age === 'old' ? dimmed(line) : line)),
				...below,
				...(node.origin ? [[], ...textLines([[checkedBy(node, node.origin), dim]], width)] : []),
			];
}

/** Where a node is checked: addresses and hints in its result are seen from there. */
function checkedBy({result}: FleetNode, {host, url}: NodeOrigin): string {
	return `Checked by xmrtop on ${host} (${url}) with method ${result?.details.method}, not from here`;
}

/** What the host that checks a node says of it; a full check can be had there. */
function originLines(node: FleetNode, origin: NodeOrigin, width: number): readonly Line[] {
	const {url, name} = origin;
	const {message = '', reason, state = 'unknown'} = node.result?.details ?? {};
	const said = reason === undefined || reason === message ? message : `${message}: ${reason}`;
	const there =
		name === undefined
			? [`The host is read from ${url}`]
			: [checkedBy(node, origin), `For a full check, run there: xmrtop status -m full ${name}`];
	return textLines(
		[[`${stateWords[state].glyph} ${said}`, stateStyles[state]], ...there.map(text => [text, dim] as const)],
		width,
	);
}

const dimmed = (line: Line): Line => line.map(({text}) => ({text, style: dim}));

function textLines(lines: ReadonlyArray<readonly [text: string, style: Style]>, width: number): readonly Line[] {
	return lines.flatMap(([text, style]) =>
		wrapText(cleanText(text, 600), width - margin.length).map((part): Line => [{text: margin + part, style}]),
	);
}

function rowLines({name, state, tookMs, seen}: CheckRow, width: number, isBeside: boolean): Line[] {
	const style = state === undefined ? dim : stateStyles[state];
	const textStyle = state === undefined ? dim : {};
	const indent = isBeside ? besideIndent : belowIndent;
	const texts = wrapText(seen, Math.max(10, width - indent));
	const took = state === undefined || tookMs === undefined ? '' : formatLatency(tookMs);
	const first: Line = [
		{text: `${margin}${state === undefined ? '–' : stateWords[state].glyph} `, style},
		{text: fitText(name, nameWidth), style},
		{text: fitText(took, tookWidth, 'right'), style: dim},
	];
	const below = (isBeside ? texts.slice(1) : texts).map(
		(text): Line => [{text: ' '.repeat(indent) + text, style: textStyle}],
	);
	const beside = isBeside ? [{text: `   ${texts[0] ?? ''}`, style: textStyle}] : [];
	return [fitLine([...first, ...beside], width), ...below];
}

/** One check of the diagnostics. */
interface CheckRow {
	readonly name: string;
	/** Absent: not reached. */
	readonly state: State | undefined;
	/** Milliseconds; absent when not reached. */
	readonly tookMs: number | undefined;
	/** Verdict and evidence in one sentence. */
	readonly seen: string;
}

type Part = NonNullable<FullChecks[keyof FullChecks]>;

/** What a check saw besides what its message says. */
const evidenceOf: {
	readonly [P in keyof FullChecks]-?: (part: NonNullable<FullChecks[P]>) => ReadonlyArray<string | undefined>;
} = {
	pid: ({details: {pid, unit}}) => [pid === undefined ? undefined : `pid ${pid}`, unit],
	port: ({details: {host, port}}) => [`${hostInUrl(host)}:${port}`],
	api: ({status, details}) => [
		status && 'version_text' in details && details.version_text ? `version ${details.version_text}` : undefined,
	],
	daemon: () => [],
	wallet: () => [],
};

const order = ['pid', 'port', 'api', 'daemon', 'wallet'] as const satisfies ReadonlyArray<keyof FullChecks>;

/** The checks of a `full` result, in the order they build on each other. */
function checkRows(checks: FullChecks): readonly CheckRow[] {
	return order.flatMap(name => {
		const part = checks[name];
		return part ? [rowOf(name, part)] : [];
	});
}

function rowOf(name: keyof FullChecks, part: Part): CheckRow {
	const {message, reason, state, latency_ms: tookMs} = part.details;
	const evidence = (evidenceOf[name] as (some: Part) => ReadonlyArray<string | undefined>)(part);
	const said = reason === undefined || reason === message ? message : `${message}: ${reason}`;
	return {
		name,
		state: message === 'not reached' ? undefined : state,
		tookMs,
		seen: cleanText([said, ...evidence.filter(Boolean)].join(', ')),
	};
}
