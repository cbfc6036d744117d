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

/** Daemons that explain the trouble of their nodes; else notes; else more than one version. */
function causeLine({listed, snapshot, columns: width}: Scene): Line {
	const causes = rootCauses(listed.all);
	if (causes.length > 0) {
		return fitLine(
			[{text: ' '}, ...causes.flatMap((cause, index) => (index > 0 ? [{text: '  '}, ...cause] : cause))],
			width - 1,
		);
	}

	const [note] = snapshot.notes;
	if (note !== undefined) {
		return fitLine([{text: ` ${note}`, style: error}], width - 1);
	}

	const versions = new Set(listed.all.map(({row}) => row.versionText).filter(version => version !== undefined));
	return versions.size > 1
		? fitLine([{text: ` mixed versions: ${[...versions].sort().join(', ')}`, style: dim}], width - 1)
		: [];
}

function rootCauses(entries: readonly NodeEntry[]): Line[] {
	const causes = new Map<string, NodeEntry[]>();
	for (const entry of entries) {
		const details = entry.node.result?.details;
		const cause = details && 'caused_by' in details ? details.caused_by : undefined;
		if (cause !== undefined && !entry.row.disabled) {
			causes.set(cause, [...(causes.get(cause) ?? []), entry]);
		}
	}

	return [...causes]
		.sort(([, a], [, b]) => b.length - a.length)
		.map(([daemon, nodes]) => {
			const what = nodes[0]?.row.text ?? '';
			const names = nodes.map(({row}) => row.name).join(', ');
			return [
				{text: `▲ ${what.includes(daemon) ? what : `daemon ${daemon}: ${what}`}`, style: stateStyles.degraded},
				{text: `: ${names}`},
			];
		});
}
