import {Box, useApp} from 'ink';
import {useEffect} from 'react';
import {ActionOutput, ActionQuestion, ConfirmDialog} from './confirm-dialog.js';
import {DaemonBeside, DaemonPage, DaemonTitle} from './daemon-page.js';
import {DetailStrip} from './detail-strip.js';
import {FleetPanel, fleetPanelHeight, showsPastBelow} from './fleet-panel.js';
import {Footer} from './footer.js';
import {Header} from './header.js';
import {Help} from './help.js';
import {type UiStateStore, useFleet, useKeys, useTerminalSize} from './hooks.js';
import {ChoiceList, listLinesBelow, MethodPicker} from './method-picker.js';
import {NodeDetails, NodeTitle} from './node-details.js';
import {formLinesBelow, NodeForm} from './node-form.js';
import {NodeJson, NodePage} from './node-page.js';
import {NodeTable} from './node-table.js';
import {scrollLinesOf} from './screen-store.js';
import {fitLine, StyledLines} from './styled-line.js';
import type {SuspendTerminal} from './terminal/exit-signals.js';
import type {Key} from './terminal/keys.js';
import {wrapText} from './text-width.js';
import {bold, dim, LookContext} from './theme.js';
import {
	besideColumns,
	frameOf,
	minSize,
	pageEntry,
	pageHeight,
	selectedDaemon,
	shownEntry,
	type UiState,
} from './ui-state.js';
import {Welcome} from './welcome.js';

interface AppProps {
	readonly store: UiStateStore;
	readonly onKeys: (keys: readonly Key[]) => void;
	readonly onResize: () => void;
	/** Called once with Ink's function that suspends the terminal. */
	readonly onMount: (suspendTerminal: SuspendTerminal) => void;
}

/** The live screen: passes keys on and shows the state of the store. */
export function App({store, onKeys, onResize, onMount}: AppProps) {
	const {suspendTerminal} = useApp();
	useEffect(() => onMount(suspendTerminal), [onMount, suspendTerminal]);
	useKeys(onKeys);
	useTerminalSize(onResize);
	return <Screen uiState={useFleet(store)} />;
}

/** Draws one state of the screen. */
export function Screen({uiState}: {readonly uiState: UiState}) {
	const {columns, rows, look} = uiState;
	const {isTooSmall} = frameOf(uiState);
	return (
		<LookContext value={look}>
			<Box flexDirection="column" width={columns} height={rows - 1} overflowY="hidden">
				{isTooSmall ? (
					<TooSmall uiState={uiState} />
				) : (
					<>
						<Top uiState={uiState} />
						<Box flexDirection="column" flexGrow={1}>
							<Body uiState={uiState} />
						</Box>
						<Footer uiState={uiState} linesBelow={linesBelow(uiState)} />
					</>
				)}
			</Box>
		</LookContext>
	);
}

/** The top of the screen: the fleet in two lines, or on a node's page its name and state; nothing above the help. */
function Top({uiState}: {readonly uiState: UiState}) {
	const entry = pageEntry(uiState);
	const {dialog, page} = uiState.view;
	if (page.kind === 'daemon' && dialog?.kind !== 'help') {
		return <DaemonTitle uiState={uiState} daemon={page.daemon} />;
	}

	return dialog?.kind === 'help' ? null : entry ? (
		<NodeTitle uiState={uiState} entry={entry} columns={uiState.columns} />
	) : (
		<Header uiState={uiState} />
	);
}

/** The part between header and footer: a dialog, else the open page. */
function Body({uiState}: {readonly uiState: UiState}) {
	const {view, listed} = uiState;
	const {dialog, page} = view;
	switch (dialog?.kind) {
		case 'help':
			return <Help uiState={uiState} scroll={dialog.scroll} />;
		case 'picker':
			return <MethodPicker uiState={uiState} selected={dialog.index} />;
		case 'confirm':
			return <ConfirmDialog uiState={uiState} dialog={dialog} />;
		case 'action':
			return <ActionQuestion uiState={uiState} dialog={dialog} />;
		case 'output':
			return <ActionOutput uiState={uiState} dialog={dialog} />;
		case 'form':
			return <NodeForm uiState={uiState} form={dialog.form} />;
		case 'sort':
		case 'columns':
		case 'password':
		case 'actions':
			return <ChoiceList uiState={uiState} />;
		default: {
			if (page.kind === 'daemon') {
				return <DaemonPage uiState={uiState} page={page} />;
			}

			const entry = pageEntry(uiState);
			if ('scroll' in page && entry) {
				return <NodePage uiState={uiState} entry={entry} page={page} />;
			}

			return listed.ids.length === 0 || page.kind === 'found' ? (
				<Welcome uiState={uiState} />
			) : (
				<TablePage uiState={uiState} />
			);
		}
	}
}

/** The table with the details of the selected node: its page beside the table on a large terminal, else a strip below. */
function TablePage({uiState}: {readonly uiState: UiState}) {
	const {columns} = uiState;
	const beside = besideColumns(uiState);
	const entry = shownEntry(uiState);
	const daemon = selectedDaemon(uiState);
	if (beside === 0 || (!entry && daemon === undefined)) {
		return (
			<>
				<NodeTable uiState={uiState} width={columns} panelHeight={fleetPanelHeight(uiState)} />
				<FleetPanel uiState={uiState} width={columns} />
				<DetailStrip uiState={uiState} />
			</>
		);
	}

	const {body} = frameOf(uiState);
	const width = columns - beside - 1;
	return (
		<Box flexShrink={0}>
			<Box flexDirection="column" width={width} height={body} overflowY="hidden" flexShrink={0}>
				<NodeTable uiState={uiState} width={width} hasPastBelow={showsPastBelow(uiState, width)} />
				<FleetPanel uiState={uiState} width={width} />
			</Box>
			<Rule height={body} />
			<Box flexDirection="column" width={beside} flexShrink={0}>
				{entry ? (
					<>
						<NodeTitle uiState={uiState} entry={entry} columns={beside} />
						<NodeDetails
							uiState={uiState}
							entry={entry}
							columns={beside}
							height={body - 1}
							scroll={0}
							transitions={body}
						>
							<NodeJson entry={entry} columns={beside} />
						</NodeDetails>
					</>
				) : (
					daemon !== undefined && <DaemonBeside uiState={uiState} daemon={daemon} columns={beside} height={body} />
				)}
			</Box>
		</Box>
	);
}

/** A vertical line. */
function Rule({height}: {readonly height: number}) {
	return <StyledLines lines={Array.from({length: height}, () => [{text: '│', style: dim}])} />;
}

function linesBelow(uiState: UiState): number {
	const {dialog, page} = uiState.view;
	if (dialog?.kind === 'form') {
		return formLinesBelow(uiState, dialog.form);
	}

	if (dialog && ('index' in dialog || dialog.kind === 'password')) {
		return listLinesBelow(uiState);
	}

	const scroll =
		dialog?.kind === 'help' || dialog?.kind === 'output' ? dialog.scroll : 'scroll' in page ? page.scroll : 0;
	return Math.max(0, scrollLinesOf(uiState) - scroll - pageHeight(uiState));
}

function TooSmall({uiState: {columns, rows}}: {readonly uiState: UiState}) {
	const text = `terminal is ${columns}x${rows}; at least ${minSize.columns}x${minSize.rows} needed`;
	const lines = wrapText(text, Math.max(1, columns)).slice(0, Math.max(1, rows - 1));
	return <StyledLines lines={lines.map(line => fitLine([{text: line, style: bold}], columns))} />;
}
