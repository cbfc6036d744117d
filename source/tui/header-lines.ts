import {durationText} from '../domain/duration.js';
import {ageText, countText} from '../domain/quantity.js';
import type {Scene} from './scene.js';
import {fitLine, justify, type Line, lineWidth, type Span} from './spans.js';
import type {NodeEntry} from './table-entries.js';
import {countSpans, stateCounts} from './table-lines.js';
import {bold, dim, error, stateStyles} from './theme.js';

/** The two lines above the table: what state the fleet is in, and what explains its trouble. */
export function headerLines(scene: Scene): readonly Line[] {
	return [summaryLine(scene), causeLine(scene)];
}

/** The fullest way of saying it that fits. */
function summaryLine(scene: Scene): Line {
	const {listed, columns: width} = scene;
	const counts = stateCounts(listed.all);
	const disabled = listed.all.filter(({row}) => row.disabled).length;
	const nodes = listed.all.length;
	const spaced = (spans: readonly Span[], gap: string): Span[] => spans.flatMap(span => [{text: gap}, span]);
	const named = countSpans(counts);
	const off: Span[] = disabled > 0 ? [{text: `${countText(disabled)} disabled`, style: dim}] : [];
	const total: Span = {text: ` ${countText(nodes)} ${nodes === 1 ? 'node' : 'nodes'}`, style: bold};
	const short = spaced(countSpans(counts, false), ' ');
	const method: Span = {text: scene.snapshot.method, style: bold};
	const words: Line = [total, ...spaced(named, '  ')];
	const ways: ReadonlyArray<readonly [Line, Line]> = [
		[
			[...words, ...spaced(off, '  ')],
			[method, ...intervalSpans(scene), ageSpan(scene)],
		],
		[words, [method, ...intervalSpans(scene), ageSpan(scene)]],
		[words, [method, ...pausedSpans(scene), ageSpan(scene)]],
		[
			[total, ...short],
			[method, ...intervalSpans(scene), ageSpan(scene)],
		],
		[
			[total, ...short],
			[method, ...pausedSpans(scene), ageSpan(scene)],
		],
		[[total, ...short], [method]],
	];
	const fitting = ways.find(([left, right]) => lineWidth(left) + lineWidth(right) + 3 <= width) ?? [
		[total, ...short],
		[],
	];
	return justify(fitting[0], [...fitting[1], {text: ' '}], width);
}

function intervalSpans(scene: Scene): Line {
	const {paused, intervalMs} = scene.snapshot;
	return paused ? pausedSpans(scene) : [{text: ` · every ${durationText(intervalMs)}`, style: dim}];
}

const pausedSpans = ({snapshot}: Scene): Line =>
	snapshot.paused ? [{text: ' · '}, {text: 'paused', style: {bold: true, inverse: true}}] : [];

function ageSpan({snapshot: {lastCycle}, nowMs}: Scene): Span {
	const age = lastCycle ? `${ageText(Math.max(0, nowMs - lastCycle.endedAtMs))} ago` : 'checking';
	return {text: ` · ${age}`, style: dim};
}

/** Daemons that explain the trouble of their nodes, else notes; beside it more than one version, where there is room. */
function causeLine(scene: Scene): Line {
	const {listed, snapshot, columns: width} = scene;
	const causes = rootCauses(listed.all).flatMap((cause): Line => [{text: ' '}, ...cause, {text: ' '}]);
	const [note] = snapshot.notes;
	const left: Line = causes.length > 0 || note === undefined ? causes : [{text: ` ${note}`, style: error}];
	const right = versionsLine(listed.all);
	const isRoom = lineWidth(left) + lineWidth(right) < width;
	return isRoom ? justify(left, right, width) : fitLine(left, width - 1);
}

function versionsLine(entries: readonly NodeEntry[]): Line {
	const versions = new Set<string>();
	for (const {row, node} of entries) {
		if (row.versionText !== undefined && node.result?.status) {
			versions.add(row.versionText);
		}
	}

	return versions.size > 1 ? [{text: `mixed versions: ${[...versions].sort().join(', ')} `, style: dim}] : [];
}

/** Names that are listed before the rest is only counted. */
const mostNames = 12;

function rootCauses(entries: readonly NodeEntry[]): Line[] {
	const causes = new Map<string, NodeEntry[]>();
	for (const entry of entries) {
		const details = entry.node.result?.details;
		const cause = details && 'caused_by' in details ? details.caused_by : undefined;
		if (cause === undefined || entry.row.disabled) {
			continue;
		}

		const nodes = causes.get(cause);
		if (nodes) {
			nodes.push(entry);
		} else {
			causes.set(cause, [entry]);
		}
	}

	return [...causes]
		.sort(([, a], [, b]) => b.length - a.length)
		.map(([daemon, nodes]) => {
			const what = nodes[0]?.row.text ?? '';
			const names = nodes.slice(0, mostNames).map(({row}) => row.name);
			const more = nodes.length > mostNames ? ` and ${countText(nodes.length - mostNames)} more` : '';
			return [
				{text: `▲ ${what.includes(daemon) ? what : `daemon ${daemon}: ${what}`}`, style: stateStyles.degraded},
				{text: `: ${names.join(', ')}${more}`},
			];
		});
}
