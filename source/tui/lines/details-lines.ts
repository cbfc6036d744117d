import type {ProcessIdentity} from '../../domain/check-result.js';
import type {ConnectionStep} from '../../domain/facts.js';
import {diagnosisAge, type FleetNode} from '../../domain/fleet.js';
import {ageText, countText, countWithNoun, spanText} from '../../domain/format.js';
import {listedDaemon} from '../../domain/past/record-result.js';
import type {Transition} from '../../domain/past/transition.js';
import {shortContainer} from '../../domain/process-identity.js';
import {type State, stateWords} from '../../domain/state.js';
import {cleanText} from '../../domain/text.js';
import type {UiState} from '../ui-state.js';
import type {NodeEntry} from '../view/table-entries.js';
import {checkLines} from './check-lines.js';
import {wrapText} from './display-width.js';
import {pastLines, transitionLines} from './past-lines.js';
import {fitLine, justify, type Line, type Span, type Style} from './spans.js';
import {bold, dim, stateStyles} from './theme.js';

const margin = '   ';
/** Columns from which a node's title stands beside its name. */
const titleFromWidth = 100;

/** The node whose page is open. */
export function pageEntry({view, listed}: UiState): NodeEntry | undefined {
	const {page} = view;
	return 'nodeId' in page ? listed.all.find(({row}) => row.id === page.nodeId) : undefined;
}

/** The line that names the node on its pages: where it listens, its state and for how long. */
export function nodeTitle(uiState: UiState, entry: NodeEntry): Line {
	const {columns: width, nowMs, snapshot} = uiState;
	const {row, node} = entry;
	const checkedAt = lastCheckOf(node);
	const isNew = checkedAt !== undefined && isCurrent(uiState, entry);
	const age = node.disabled
		? 'disabled'
		: isNew || checkedAt === undefined || !node.checking
			? checkedAt === undefined
				? checkingText(node, nowMs)
				: agoText(checkedAt, nowMs)
			: checkingText(node, nowMs);
	const place = width >= 60 ? `   ${row.address}` : '';
	const left: Line = [
		{text: ' ‹ ', style: dim},
		{text: row.name, style: bold},
		...(row.title === undefined || width < titleFromWidth ? [] : [{text: `  ${row.title}`, style: dim}]),
		{text: place},
		{text: `   ${stateWords[row.state].glyph} ${row.state}`, style: stateStyles[row.state]},
		{text: stateTimes(uiState, entry), style: dim},
	];
	return justify(left, [{text: `  ${snapshot.paused ? 'paused · ' : ''}${age} `, style: dim}], width);
}

const agoText = (at: string, nowMs: number): string => `${ageText(Math.max(0, nowMs - Date.parse(at)))} ago`;

/** When the newest result of this run was made. */
function lastCheckOf({diagnosis, result}: FleetNode): string | undefined {
	return [diagnosis, result]
		.flatMap(found => found?.details.last_check ?? [])
		.toSorted()
		.at(-1);
}

const isCurrent = ({snapshot, nowMs}: UiState, {node}: NodeEntry): boolean =>
	(diagnosisAge(node, snapshot, nowMs) ?? 'current') === 'current' && node.diagnosis !== undefined;

function checkingText({checkingSinceMs: sinceMs}: FleetNode, nowMs: number): string {
	return sinceMs === undefined ? 'checking' : `checking, ${ageText(Math.max(0, nowMs - sinceMs))}`;
}

/** What is said of a diagnosis that is not there or not of now. */
function aboutText({nowMs}: UiState, {node}: NodeEntry): string {
	const checkedAt = node.diagnosis?.details.last_check;
	const checking = node.disabled ? 'disabled: not checked' : node.checking ? checkingText(node, nowMs) : undefined;
	const seen = checkedAt === undefined ? undefined : `last full check ${agoText(checkedAt, nowMs)}`;
	return [checking ?? (seen ? undefined : 'checking'), seen].filter(Boolean).join('; ');
}

/** What the table says of the node, where nothing better is known yet. */
function verdictLines({node, row}: NodeEntry, width: number): readonly Line[] {
	const {glyph} = stateWords[row.state];
	return node.origin || row.disabled
		? []
		: wrapText(`${glyph} ${row.text}`, width - margin.length).map(text => [
				{text: margin + text, style: stateStyles[row.state]},
			]);
}

function stateTimes({nowMs, transitions}: UiState, {row}: NodeEntry): string {
	if (row.sinceMs === undefined) {
		return '';
	}

	const before = previousState(transitions, row.state);
	const said = before ? `, ${before.state} for ${spanText(before.forMs)} before` : '';
	return ` for ${spanText(Math.max(0, nowMs - row.sinceMs))}${said}`;
}

function previousState(transitions: readonly Transition[], now: State): {state: State; forMs: number} | undefined {
	const last = transitions.at(-1);
	const earlier = last && transitions.filter(({method}) => method === last.method).at(-2);
	return last?.to === now && earlier && last.from !== 'unknown'
		? {state: last.from, forMs: Date.parse(last.at) - Date.parse(earlier.at)}
		: undefined;
}

/** The diagnostics: the checks with their evidence, what to do, and the past. */
export function detailsLines(uiState: UiState, entry: NodeEntry): readonly Line[] {
	const {node} = entry;
	const width = uiState.columns - 1;
	const age = diagnosisAge(node, uiState.snapshot, uiState.nowMs);
	return [
		[],
		...checkLines(node, width, {age, about: aboutText(uiState, entry)}),
		...block(age === 'current' ? hintLines(node, width) : verdictLines(entry, width)),
		...block(age === 'outdated' ? [] : stepLines(node, width, age === 'old')),
		...block(factLines(uiState, entry, width)),
		...block(pastLines(node.nodeState, width)),
		...block(transitionLines(uiState.transitions.slice(-5).toReversed(), width, uiState.nowMs)),
	];
}

const block = (lines: readonly Line[]): readonly Line[] => (lines.length > 0 ? [[], ...lines] : []);

function hintLines({diagnosis}: FleetNode, width: number): readonly Line[] {
	const hint = diagnosis?.details.hint;
	return hint === undefined
		? []
		: wrapText(cleanText(hint, 600), width - margin.length).map(text => [{text: margin + text, style: bold}]);
}

/** How each step of the ladder went, and the notes that go with it. */
function stepLines({diagnosis}: FleetNode, width: number, isOld: boolean): readonly Line[] {
	const {rungs = [], notes = []} = diagnosis?.details ?? {};
	const steps = rungs.map(({rung, state}): Span => {
		const {glyph, style} = stepLooks[state];
		return {text: `${glyph} ${rung.replaceAll('_', '-')}  `, style: isOld ? dim : style};
	});
	const said = notes.flatMap(note => wrapText(cleanText(note), width - margin.length));
	return [
		...(steps.length > 0 && steps.length * 8 < width ? [fitLine([{text: margin}, ...steps], width)] : []),
		...said.map((text): Line => [{text: margin + text, ...(isOld ? {style: dim} : {})}]),
	];
}

const stepLooks: Readonly<Record<ConnectionStep['state'], {readonly glyph: string; readonly style: Style}>> = {
	passed: {glyph: '●', style: dim},
	broken: {glyph: '✖', style: stateStyles.down},
	not_reached: {glyph: '–', style: dim},
};

/** What is known of the node besides the checks. */
function factLines(
	{nowMs, columns, snapshot}: UiState,
	{node: fleetNode, row}: NodeEntry,
	width: number,
): readonly Line[] {
	const {node, nodeState} = fleetNode;
	const age = diagnosisAge(fleetNode, snapshot, nowMs);
	const details = age === 'outdated' ? undefined : fleetNode.diagnosis?.details;
	const process = nodeState.process;
	const isSeen = age === 'current' && details?.checks.pid.status === true;
	const parts: ReadonlyArray<readonly [string, string | undefined]> = [
		['version', details?.version_text ?? row.versionText],
		['version before', details?.version_before],
		['daemon', daemonText(fleetNode)],
		['bootstrap daemon', details?.bootstrap_daemon],
		['lag', row.lagBlocks === undefined ? undefined : countWithNoun(row.lagBlocks, 'block')],
		['wallet height', details?.wallet_height === undefined ? undefined : countText(details.wallet_height)],
		['network', details?.nettype],
		[isSeen ? 'process' : 'last process', process && processText(nodeState, process, isSeen, nowMs)],
		['restarted', restartsText(details?.restarts)],
		['unit', process?.unit],
		['container', process?.container && `${process.container_engine} ${shortContainer(process.container)}`],
		['group', node.group],
		// On a wide terminal it stands in the line above.
		['title', columns < titleFromWidth ? node.title : undefined],
		['tls', node.tls && (node.tls.insecure ? 'any certificate' : node.tls.fingerprint ? 'pinned certificate' : 'yes')],
		['login', node.username ?? (node.login_file === undefined ? undefined : `from ${node.login_file}`)],
	];
	const known = parts.filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value}`);
	return wrapText(known.map(part => part.replaceAll(' ', '\u00A0')).join(' · '), width - margin.length).map(text => [
		{text: margin + text.replaceAll('\u00A0', ' '), style: dim},
	]);
}

/** The daemon it names, or the one its process was started with. */
function daemonText({node, nodeState}: FleetNode): string | undefined {
	const daemon = listedDaemon(node, nodeState);
	return daemon === undefined || node.daemon !== undefined ? (node.daemon ?? daemon) : `${daemon} (from its process)`;
}

function processText(
	{process_seen_at: seenAt}: FleetNode['nodeState'],
	{pid, started_at: startedAt}: ProcessIdentity,
	isSeen: boolean,
	nowMs: number,
): string {
	return isSeen || seenAt === undefined
		? `${pid}, started ${agoText(startedAt, nowMs)}`
		: `${pid}, seen ${agoText(seenAt, nowMs)}`;
}

const restartsText = (count: number | undefined): string | undefined =>
	count === undefined ? undefined : `${countWithNoun(count, 'time')} in the last hour`;
