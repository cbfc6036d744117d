import {wideColumns} from '../cli/reports/columns.js';
import {
	type DaemonReport,
	daemonFactLines,
	daemonReasonText,
	daemonReport,
	daemonTransitions,
} from '../domain/daemon-report.js';
import {ageText, countWithNoun, spanText} from '../domain/format.js';
import {type State, stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {alertLines, latestLines, timesBefore, transitionLines} from './node-past.js';
import {fitLine, type Line, type Span, StyledLine, StyledLines, titleOfPage} from './styled-line.js';
import {displayWidth, fitText, wrapText} from './text-width.js';
import {bold, dim, stateStyles} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';
import type {Page} from './view/view-state.js';

type Shown = Pick<UiState, 'snapshot' | 'listed' | 'columns' | 'nowMs' | 'transitions' | 'daemonResult' | 'openAlerts'>;

/** The nodes that depend on a daemon, including nodes hidden by a filter. */
export function daemonMembers({listed}: Pick<UiState, 'listed'>, daemon: string): readonly NodeEntry[] {
	return listed.all.filter(({row}) => row.daemon === daemon);
}

/** The report of a daemon, made from the results of its nodes and its own. */
export function reportOf(uiState: Shown, daemon: string): DaemonReport {
	const nodes = daemonMembers(uiState, daemon).map(({node}) => node);
	return daemonReport(daemon, {nodes, method: uiState.snapshot.method}, uiState.daemonResult?.(daemon));
}

const stateSpan = (state: State): Span => ({
	text: fitText(`${stateWords[state].glyph} ${state}`, 10),
	style: stateStyles[state],
});

/** The title of a daemon's page: its state and for how long, its nodes, and the age of the check. */
export function DaemonTitle({uiState, daemon}: {readonly uiState: UiState; readonly daemon: string}) {
	const {nowMs, snapshot, columns} = uiState;
	const {state, since, nodes, details} = reportOf(uiState, daemon);
	const age = (at: string): number => Math.max(0, nowMs - Date.parse(at));
	const asked = details.last_check === undefined ? '' : `${ageText(age(details.last_check))} ago `;
	const stateSign: Span = {text: `   ${stateWords[state].glyph} ${state}`, style: stateStyles[state]};
	const lasting: Span = {text: since === undefined ? '' : ` for ${spanText(age(since))}`, style: dim};
	const count: Span = {text: `   ${countWithNoun(nodes.length, 'node')}`, style: dim};
	const title = {
		before: [{text: ' ‹ ', style: dim}],
		name: daemon,
		after: [[stateSign, lasting, count], [stateSign, lasting], [stateSign]],
		right: [{text: `  ${snapshot.paused ? 'paused · ' : ''}${asked}`, style: dim}],
	};
	return <StyledLine line={titleOfPage(title, columns)} />;
}

/** The page of one daemon: its facts, its nodes, and their latest transitions. */
export function DaemonPage({
	uiState,
	page: {daemon, scroll},
}: {
	readonly uiState: UiState;
	readonly page: Extract<Page, {readonly kind: 'daemon'}>;
}) {
	return <StyledLines lines={daemonPageLines(uiState, daemon).slice(scroll, scroll + pageHeight(uiState))} />;
}

interface DaemonBesideProps {
	readonly uiState: UiState;
	readonly daemon: string;
	readonly columns: number;
	readonly height: number;
}

/** The same beside the table, while the heading of the daemon is selected. */
export function DaemonBeside({uiState, daemon, columns, height}: DaemonBesideProps) {
	const ids = new Set(daemonMembers(uiState, daemon).map(({row}) => row.id));
	const transitions = uiState.latest.filter(({node_id: id}) => ids.has(id));
	const shown = {...uiState, columns, transitions};
	return (
		<>
			<DaemonTitle uiState={shown} daemon={daemon} />
			<StyledLines lines={daemonPageLines(shown, daemon).slice(0, height - 1)} />
		</>
	);
}

/** How many transitions of its nodes are listed. */
const shownChanges = 50;

/** The lines of the page below its title. */
export function daemonPageLines(uiState: Shown, daemon: string): readonly Line[] {
	const {columns, nowMs, transitions, openAlerts} = uiState;
	const report = reportOf(uiState, daemon);
	const {state, nodes} = report;
	const width = columns - 1;
	const reason = report.reason === undefined ? [] : wrapText(cleanText(daemonReasonText(report)), width - 3);
	const facts = factLines(report, width, nowMs);
	const nameWidth = Math.min(24, Math.max(0, ...nodes.map(({name}) => displayWidth(name))));
	const members = nodes.map((node): Line => {
		const age = node.since === undefined ? '–' : ageText(Math.max(0, nowMs - Date.parse(node.since)));
		const name = `  ${fitText(node.name, nameWidth)}  `;
		const reason = cleanText(node.reason ?? '').replace(`daemon ${daemon} `, 'daemon ');
		return fitLine(
			[
				{text: '   '},
				stateSpan(node.state),
				{text: name},
				{text: fitText(age, 4, 'right'), style: dim},
				{text: `  ${reason}`},
			],
			width,
		);
	});
	const changes = transitions.slice(-shownChanges).toReversed();
	const own = daemonTransitions(daemon, transitions);
	const alerts = openAlerts.filter(alert => alert.daemon === daemon);
	const before = columns >= wideColumns ? timesBefore(transitions) : undefined;
	return [
		[],
		...reason.map((text): Line => [{text: `   ${text}`, style: stateStyles[state]}]),
		...(reason.length > 0 && facts.length > 0 ? [[]] : []),
		...facts,
		[],
		...alertLines(alerts, width, nowMs),
		...(alerts.length === 0 ? [] : [[]]),
		[{text: '   Nodes', style: bold}],
		...members,
		...(own.length === 0
			? []
			: [
					[],
					[{text: '   Changes of the daemon', style: bold}],
					...transitionLines(own.slice(-shownChanges).toReversed(), {width, nowMs, before: before && timesBefore(own)}),
				]),
		...(changes.length === 0
			? []
			: [[], [{text: '   Latest changes', style: bold}], ...latestLines(changes, {width, nowMs, before, daemon})]),
	];
}

function factLines(report: DaemonReport, width: number, nowMs: number): readonly Line[] {
	return daemonFactLines(report, nowMs).flatMap(([subject, text]) =>
		wrapText(cleanText(text), width - factIndent).map(
			(part, index): Line => [
				{text: `   ${fitText(index === 0 ? subject : '', factIndent - 3)}`, style: dim},
				{text: part},
			],
		),
	);
}

/** The daemon's part of a node's page: its state, how many nodes depend on it, and its facts. */
export function daemonLines(uiState: Shown, daemon: string, width: number): readonly Line[] {
	const report = reportOf(uiState, daemon);
	const {state, since, nodes} = report;
	const facts = factLines(report, width, uiState.nowMs);
	const forMs = since === undefined ? undefined : Math.max(0, uiState.nowMs - Date.parse(since));
	const title: Line = [
		{text: '   daemon   ', style: dim},
		{text: daemon},
		{text: `  ${stateWords[state].glyph} ${state}`, style: stateStyles[state]},
		{
			text: `${forMs === undefined ? '' : ` for ${spanText(forMs)}`}, ${countWithNoun(nodes.length, 'node')}`,
			style: dim,
		},
	];
	return facts.length === 0 ? [] : [fitLine(title, width), ...facts];
}

/** Indentation of the text of a fact, in columns. */
const factIndent = 12;
