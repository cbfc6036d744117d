import {Box} from 'ink';
import type {ReactNode} from 'react';
import {wideColumns} from '../cli/reports/columns.js';
import {checkMethodWords} from '../domain/check-method.js';
import type {FullDetails, PidDetails, ProcessIdentity} from '../domain/check-result.js';
import {shownStoredLine} from '../domain/command-line.js';
import type {ConnectionStep} from '../domain/facts.js';
import {diagnosisAge, type FleetNode, type NodeOrigin} from '../domain/fleet.js';
import {ageText, bytesText, countText, countWithNoun, spanText} from '../domain/format.js';
import type {NodeState} from '../domain/past/node-state.js';
import {listedDaemon} from '../domain/past/record-result.js';
import type {Transition} from '../domain/past/transition.js';
import {computeHistory} from '../domain/past/uptime.js';
import {containerText} from '../domain/process-identity.js';
import {type State, stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {daemonLines} from './daemon-page.js';
import {pastSpan} from './header.js';
import {
	alertLines,
	dateFromAgeMs,
	momentText,
	pastLines,
	timesBefore,
	transitionLines,
	uptimeLines,
} from './node-past.js';
import {layCheckTable, messageWithReason, PlainTable, plainTableHeight, type TableData} from './plain-table.js';
import {fitLine, type Line, type Span, StyledLine, StyledLines, titleOfPage} from './styled-line.js';
import {wrapParts, wrapText} from './text-width.js';
import {bold, dim, type Style, stateStyles} from './theme.js';
import type {UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';

const margin = '   ';
/** Minimum width for showing a node's title beside its name. */
const titleFromWidth = 100;

interface NodeTitleProps {
	readonly uiState: UiState;
	readonly entry: NodeEntry;
	readonly columns: number;
}

/** The title line of a node's pages: its name, address, state and for how long. */
export function NodeTitle({uiState, entry, columns}: NodeTitleProps) {
	return <StyledLine line={titleLine(uiState, entry, columns)} />;
}

function titleLine(uiState: UiState, entry: NodeEntry, width: number): Line {
	const {nowMs, snapshot} = uiState;
	const {row, node} = entry;
	const checkedAt = lastCheckOf(node);
	const isNew = checkedAt !== undefined && isCurrent(uiState, entry);
	const age = node.disabled
		? 'not checked'
		: isNew || checkedAt === undefined || !node.checking
			? checkedAt === undefined
				? checkingText(node, nowMs)
				: agoText(checkedAt, nowMs)
			: checkingText(node, nowMs);
	const times = stateTimes(uiState, entry);
	const title: Line = row.title === undefined || width < titleFromWidth ? [] : [{text: `  ${row.title}`, style: dim}];
	const place: Line = [{text: `   ${row.address}`}];
	const state: Span = row.disabled
		? {text: '   ○ disabled', style: dim}
		: {text: `   ${stateWords[row.state].glyph} ${row.state}`, style: stateStyles[row.state]};
	const lasting: Span = {text: times.now, style: dim};
	return titleOfPage(
		{
			before: [...(snapshot.atMs === undefined ? [] : [pastSpan(snapshot.atMs, width)]), {text: ' ‹ ', style: dim}],
			name: row.name,
			after: [
				[...title, ...place, state, lasting, {text: times.before, style: dim}],
				[...title, ...place, state, lasting],
				[...place, state, lasting],
				[state, lasting],
				[state],
			],
			// For a time in the past the age has no meaning, and the mark needs the room.
			right: snapshot.atMs === undefined ? [{text: `  ${snapshot.paused ? 'paused · ' : ''}${age} `, style: dim}] : [],
		},
		width,
	);
}

const agoText = (at: string, nowMs: number): string => `${ageText(Math.max(0, nowMs - Date.parse(at)))} ago`;

/** The time of the newest result of this run. */
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

/** A text about a diagnosis that is missing or outdated. */
function aboutText({snapshot, nowMs}: UiState, {node}: NodeEntry): string {
	const checkedAt = node.diagnosis?.details.last_check;
	const checking = node.disabled ? 'disabled: not checked' : node.checking ? checkingText(node, nowMs) : undefined;
	const seen = checkedAt === undefined ? undefined : `last full check ${agoText(checkedAt, nowMs)}`;
	return [checking ?? (seen ? undefined : snapshot.paused ? 'no full check yet' : 'checking'), seen]
		.filter(Boolean)
		.join('; ');
}

/** The node's state as in the table, while there is no diagnosis yet. */
function verdictLines({node, row}: NodeEntry, width: number): readonly Line[] {
	const {glyph} = stateWords[row.state];
	return node.origin || row.disabled
		? []
		: wrapText(`${glyph} ${row.text}`, width - margin.length).map(text => [
				{text: margin + text, style: stateStyles[row.state]},
			]);
}

/** For how long the node is in its state, and for how long it was in the one before. */
function stateTimes({nowMs, transitions}: UiState, {row}: NodeEntry): {readonly now: string; readonly before: string} {
	if (row.sinceMs === undefined) {
		return {now: '', before: ''};
	}

	const before = previousState(transitions, row.state);
	return {
		now: ` for ${spanText(Math.max(0, nowMs - row.sinceMs))}`,
		before: before ? `, ${before.state} for ${spanText(before.forMs)} before` : '',
	};
}

function previousState(transitions: readonly Transition[], now: State): {state: State; forMs: number} | undefined {
	const last = transitions.at(-1);
	const earlier = last && transitions.filter(({method}) => method === last.method).at(-2);
	return last?.to === now && earlier && last.from !== 'unknown'
		? {state: last.from, forMs: Date.parse(last.at) - Date.parse(earlier.at)}
		: undefined;
}

/** A part of the diagnostics: lines, or the table of the checks. */
type Section = readonly Line[] | TableData;

const isTable = (section: Section): section is TableData => 'rows' in section;

/** The diagnostics: the checks with their evidence, the advice, and the history. */
function sectionsOf(uiState: UiState, entry: NodeEntry, columns: number, shown = shownTransitions): readonly Section[] {
	const {node} = entry;
	const {transitions, nowMs} = uiState;
	const width = columns - 1;
	const age = diagnosisAge(node, uiState.snapshot, nowMs);
	const isWide = uiState.columns >= wideColumns;
	const daemon = listedDaemon(node.node, node.nodeState);
	return [
		[[]],
		...checkSections(uiState, entry, width),
		block(age === 'current' ? hintLines(node, width) : verdictLines(entry, width)),
		block(age === 'outdated' ? [] : stepLines(node, width, age === 'old')),
		block(
			alertLines(
				uiState.openAlerts.filter(({nodeIds}) => nodeIds.includes(node.node.id)),
				width,
				nowMs,
			),
		),
		block(outageLines(uiState, entry, width)),
		block(factLines(uiState, entry, width)),
		...(isWide ? [block(daemon === undefined ? [] : daemonLines(uiState, daemon, width))] : []),
		block([...pastLines(node.nodeState, width), ...(isWide ? historyLines(uiState, entry, width) : [])]),
		block(
			transitionLines(transitions.slice(-shown).toReversed(), {
				width,
				nowMs,
				before: isWide && width >= withTimesWidth ? timesBefore(transitions) : undefined,
			}),
		),
	];
}

/** Minimum width for showing how long the previous state of a transition had lasted. */
const withTimesWidth = 88;

/** The uptime and the outages by the recorded method. */
function historyLines({transitions, snapshot, nowMs}: UiState, {node}: NodeEntry, width: number): readonly Line[] {
	const method = checkMethodWords[snapshot.recordedMethod ?? snapshot.method].recordedAs;
	const {nodeState} = node;
	const known = histories.get(nodeState);
	// Nothing can be said in the first second of a record: that is not kept until the next check.
	if (known?.transitions === transitions && known.width === width && known.lines.length > 0) {
		return known.lines;
	}

	const own = transitions.filter(change => change.node_id === node.node.id && change.method === method);
	const lines = uptimeLines(computeHistory({transitions: own, nodeState, method, nowMs}), width, nowMs);
	histories.set(nodeState, {transitions, width, lines});
	return lines;
}

/** A cache, so that a month of transitions is evaluated once per check and not every second. */
const histories = new WeakMap<
	NodeState,
	{readonly transitions: readonly Transition[]; readonly width: number; readonly lines: readonly Line[]}
>();

/** How many transitions are on this page; a separate page shows all of them. */
const shownTransitions = 5;

/** Number of lines of the diagnostics. */
export function detailsHeight(uiState: UiState, entry: NodeEntry): number {
	return sectionsOf(uiState, entry, uiState.columns).reduce(
		(sum, section) => sum + (isTable(section) ? plainTableHeight(section) : section.length),
		0,
	);
}

interface NodeDetailsProps {
	readonly uiState: UiState;
	readonly entry: NodeEntry;
	readonly columns: number;
	/** Number of transitions to show; default 5. */
	readonly transitions?: number;
	/** Number of visible lines, and of lines scrolled out of sight at the top. */
	readonly height: number;
	readonly scroll: number;
	/** Content below the diagnostics. */
	readonly children?: ReactNode;
}

/** The diagnostics of a node. */
export function NodeDetails({uiState, entry, columns, height, scroll, transitions, children}: NodeDetailsProps) {
	return (
		<Box height={height} width={columns} overflow="hidden" flexDirection="column" flexShrink={0}>
			<Box flexDirection="column" flexShrink={0} marginTop={-scroll}>
				{sectionsOf(uiState, entry, columns, transitions).map((section, place) => {
					const key = place;
					return isTable(section) ? (
						<PlainTable key={`table ${key}`} data={section} />
					) : (
						<StyledLines key={`lines ${key}`} lines={section} />
					);
				})}
				{children}
			</Box>
		</Box>
	);
}

const block = (lines: readonly Line[]): readonly Line[] => (lines.length > 0 ? [[], ...lines] : []);

/** The checks of the last `full` result with their age: old ones are dimmed, outdated ones omitted. */
function checkSections(uiState: UiState, entry: NodeEntry, width: number): readonly Section[] {
	const {node} = entry;
	const {diagnosis, origin} = node;
	if (origin && !diagnosis) {
		return [originLines(node, origin, width)];
	}

	const age = diagnosisAge(node, uiState.snapshot, uiState.nowMs);
	const checks = age === 'outdated' ? undefined : diagnosis?.details.checks;
	const isKnown = checks !== undefined;
	return [
		layCheckTable(checks, width, age === 'old'),
		isKnown && age === 'current' ? [] : [[{text: `${margin}  ${aboutText(uiState, entry)}`, style: dim}]],
		isKnown && origin ? [[], ...textLines([[checkedBy(node, origin), dim]], width)] : [],
	];
}

/** The host that checks a node; addresses and hints in the result are relative to that host. */
function checkedBy({result}: FleetNode, {host, url}: NodeOrigin): string {
	return `Checked by xmrtop on ${host} (${url}) with method ${result?.details.method}, not from here`;
}

/** What the host that checks a node reports of it, and how to run a full check there. */
function originLines(node: FleetNode, origin: NodeOrigin, width: number): readonly Line[] {
	const {url, name} = origin;
	const {message = '', reason, state = 'unknown'} = node.result?.details ?? {};
	const explained = messageWithReason(message, reason);
	const there =
		name === undefined
			? [`The host is read from ${url}`]
			: [checkedBy(node, origin), `For a full check, run there: xmrtop status -m full ${name}`];
	return textLines(
		[[`${stateWords[state].glyph} ${explained}`, stateStyles[state]], ...there.map(text => [text, dim] as const)],
		width,
	);
}

function textLines(lines: ReadonlyArray<readonly [text: string, style: Style]>, width: number): readonly Line[] {
	return lines.flatMap(([text, style]) =>
		wrapText(cleanText(text, 600), width - margin.length).map((part): Line => [{text: margin + part, style}]),
	);
}

function hintLines({diagnosis}: FleetNode, width: number): readonly Line[] {
	const hint = diagnosis?.details.hint;
	return hint === undefined
		? []
		: wrapText(cleanText(hint, 600), width - margin.length).map(text => [{text: margin + text, style: bold}]);
}

/** The connection steps with their outcomes and notes. */
function stepLines({diagnosis}: FleetNode, width: number, isOld: boolean): readonly Line[] {
	const {rungs = [], notes = []} = diagnosis?.details ?? {};
	const steps = rungs.map(({rung, state}): Span => {
		const {glyph, style} = stepLooks[state];
		return {text: `${glyph} ${rung.replaceAll('_', '-')}  `, style: isOld ? dim : style};
	});
	const wrapped = notes.flatMap(note => wrapText(cleanText(note), width - margin.length));
	return [
		...(steps.length > 0 && steps.length * 8 < width ? [fitLine([{text: margin}, ...steps], width)] : []),
		...wrapped.map((text): Line => [{text: margin + text, ...(isOld ? {style: dim} : {})}]),
	];
}

const stepLooks: Readonly<Record<ConnectionStep['state'], {readonly glyph: string; readonly style: Style}>> = {
	passed: {glyph: '●', style: dim},
	broken: {glyph: '✖', style: stateStyles.down},
	not_reached: {glyph: '–', style: dim},
};

/** For a node that does not work: since when, its last answer, and what started its process. */
function outageLines({nowMs}: UiState, {node, row}: NodeEntry, width: number): readonly Line[] {
	if (row.sinceMs === undefined || row.disabled || stateWords[row.state].works) {
		return [];
	}

	const {last_answer: lastAnswer, process, process_seen_at: seenAt, process_command: command} = node.nodeState;
	const starter = process?.unit ?? (process && containerText(process));
	const sentences = [
		`${row.state} since ${momentAgo(new Date(row.sinceMs).toISOString(), nowMs)}`,
		lastAnswer === undefined
			? 'the API was never seen to respond'
			: `the API last responded ${momentAgo(lastAnswer, nowMs)}`,
		...(process && seenAt !== undefined ? [`process ${process.pid} last seen ${momentAgo(seenAt, nowMs)}`] : []),
		...(starter === undefined ? [] : [`started by ${starter}`]),
		...(process && command !== undefined ? [`command: ${cleanText(shownStoredLine(command), 500)}`] : []),
	];
	return wrapText(sentences.join('; '), width - margin.length).map(text => [{text: margin + text}]);
}

/** `14:02:16 (4m ago)` */
const momentAgo = (at: string, nowMs: number): string =>
	`${momentText(at, nowMs - Date.parse(at) >= dateFromAgeMs)} (${agoText(at, nowMs)})`;

/** The other facts about the node. */
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
		['memory', row.memoryBytes === undefined ? undefined : bytesText(row.memoryBytes)],
		['threads', isSeen ? textOf(details?.checks.pid.details.threads) : undefined],
		['open files', isSeen && details ? openFilesText(details.checks.pid.details) : undefined],
		['connection', details && linkText(details)],
		['restarted', restartsText(details?.restarts)],
		['unit', process?.unit],
		['container', process && containerText(process)],
		['group', node.group],
		// On a wide terminal the title is in the line above.
		['title', columns < titleFromWidth ? node.title : undefined],
		['tls', node.tls && (node.tls.insecure ? 'any certificate' : node.tls.fingerprint ? 'pinned certificate' : 'yes')],
		['login', node.username ?? (node.login_file === undefined ? undefined : `from ${node.login_file}`)],
	];
	const known = parts.filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${value}`);
	return wrapParts(known, width - margin.length).map(text => [{text: margin + text, style: dim}]);
}

/** The daemon in its definition, else the one its process was started with; `itself` for a node that is a daemon. */
function daemonText({node, nodeState}: FleetNode): string | undefined {
	if (node.kind === 'daemon') {
		return 'itself';
	}

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

const textOf = (count: number | undefined): string | undefined => (count === undefined ? undefined : String(count));

function openFilesText({open_files: open, open_files_limit: limit}: PidDetails): string | undefined {
	return open === undefined ? undefined : limit === undefined ? String(open) : `${open} of ${countText(limit)}`;
}

/** The wallet's own connection to a daemon. */
function linkText({link_state: state, link_peer: peer, link_bytes_per_s: rate}: FullDetails): string | undefined {
	return state === undefined
		? undefined
		: [state, peer, rate === undefined ? undefined : `${bytesText(rate)}/s`].filter(Boolean).join(' ');
}

const restartsText = (count: number | undefined): string | undefined =>
	count === undefined ? undefined : `${countWithNoun(count, 'time')} in the last hour`;
