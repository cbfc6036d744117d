import {Box} from 'ink';
import {countText, countWithNoun} from '../domain/format.js';
import {type State, states} from '../domain/state.js';
import {editing} from './effects.js';
import {countSpans, stateCounts} from './header.js';
import {focusedFieldLine} from './node-form.js';
import {fitLine, justify, type Line, lineWidth, type Span, StyledLine} from './styled-line.js';
import {chopText, wrapText} from './text-width.js';
import {bold, dim, error, inverse, type Look, stateStyles} from './theme.js';
import {frameOf, tableHeight, type UiState} from './ui-state.js';
import {asciiKeys, type CommandName, commands, keyName, type Mode} from './view/commands.js';
import {modeOf} from './view/view-state.js';

/** The two lines below the page: the status line and the currently valid keys. */
export function Footer({uiState, linesBelow}: {readonly uiState: UiState; readonly linesBelow: number}) {
	const [noticed, rest] = noticeLines(uiState);
	const line = noticed ?? moreLine(uiState, linesBelow) ?? statusLine(uiState);
	return (
		<Box flexDirection="column" flexShrink={0}>
			<StyledLine line={fitLine(line, uiState.columns)} />
			<StyledLine line={rest ?? keysLine(uiState)} />
		</Box>
	);
}

/** The outcome of a key. If it does not fit on a line, it takes that of the keys too for the seconds in which it is shown. */
function noticeLines({view: {notice, dialog}, columns: width}: UiState): readonly Line[] {
	if (!notice || dialog?.kind === 'filter') {
		return [];
	}

	const wrapped = wrapText(notice.text, width - 2);
	const [first = '', ...others] = wrapped.length <= 2 ? wrapped : chopText(notice.text, width - 2);
	return [first, ...(others.length > 0 ? [others.join('')] : [])].map(text =>
		fitLine([{text: ` ${text}`, ...(notice.isError ? {style: error} : {})}], width - 1),
	);
}

/** What does not fit beside the focused field of a form, else that a page or list has more lines below. */
function moreLine(uiState: UiState, linesBelow: number): Line | undefined {
	const {dialog} = uiState.view;
	const about = dialog?.kind === 'form' ? focusedFieldLine(uiState, dialog.form) : [];
	return about.length > 0
		? fitLine(about, uiState.columns - 1)
		: linesBelow > 0 && dialog?.kind !== 'filter'
			? [{text: ` ↓ ${countWithNoun(linesBelow, 'line')} more`, style: dim}]
			: undefined;
}

/** The status line: the outcome of a key, the text being typed, or what is out of sight. */
function statusLine(uiState: UiState): Line {
	const {view, columns: width} = uiState;
	if (view.dialog?.kind === 'filter') {
		const prompt: Line = [{text: ' / ', style: bold}, {text: view.filter}, {text: ' ', style: inverse}];
		return justify(prompt, [{text: `${listedText(uiState)} `, style: dim}], width);
	}

	const [note] = uiState.snapshot.notes;
	if (note !== undefined && frameOf(uiState).header === 1) {
		return fitLine([{text: ` ${note}`, style: error}], width - 1);
	}

	if (view.page.kind !== 'table' || view.dialog) {
		return [];
	}

	const listing = listingSpans(uiState);
	const hidden = hiddenSpans(uiState, true);
	const fits = lineWidth(hidden) + lineWidth(listing) <= width;
	return justify(fits ? hidden : hiddenSpans(uiState, false), listing, width);
}

const listedText = ({listed}: UiState): string => `${countText(listed.ids.length)} of ${countText(listed.all.length)}`;

/** Shows that not all nodes are listed, and why. */
function listingSpans(uiState: UiState): Line {
	const {filter, problemsOnly} = uiState.view;
	if (filter === '' && !problemsOnly) {
		return [];
	}

	return [
		...(problemsOnly ? [{text: 'problems only ', style: bold}] : []),
		...(filter === '' ? [] : [{text: `/${filter} `, style: bold}]),
		{text: `${listedText(uiState)} `, style: dim},
	];
}

/** The rows out of sight above and below: the problems among them, else their number. */
function hiddenSpans(uiState: UiState, withWords: boolean): Line {
	const {view, listed} = uiState;
	const end = view.top + tableHeight(uiState);
	return [
		...hiddenPart('↑', 'above', listed.entries.slice(0, view.top), withWords),
		...hiddenPart('↓', 'below', listed.entries.slice(end), withWords),
	];
}

function hiddenPart(
	arrow: string,
	where: string,
	entries: UiState['listed']['entries'],
	withWords: boolean,
): readonly Span[] {
	const counts = stateCounts(entries);
	const trouble = states.toReversed().filter(state => state !== 'up' && state !== 'unknown' && counts.has(state));
	const nodes = entries.filter(({kind}) => kind === 'node').length;
	if (nodes === 0) {
		return [];
	}

	if (trouble.length === 0) {
		return [{text: ` ${arrow} ${countText(nodes)} ${where} `, style: dim}];
	}

	if (!withWords) {
		const counted = countSpans(new Map(trouble.map(state => [state, counts.get(state) ?? 0])), false);
		return [{text: ` ${arrow}`}, ...counted.flatMap(span => [{text: ' '}, span]), {text: ` ${where} `}];
	}

	const parts = trouble.flatMap((state: State, index): Span[] => [
		{text: index === 0 ? ` ${arrow} ` : ', '},
		{text: `${countText(counts.get(state))} ${state}`, style: stateStyles[state]},
	]);
	return [...parts, {text: ` ${where} `}];
}

/** The commands in the footer of each mode, most useful first; those that do not fit are only in the help. */
const footers: Readonly<Record<Mode, readonly CommandName[]>> = {
	table: [
		'up',
		'open',
		'choose-method',
		'filter',
		'problems',
		'choose-order',
		'check-node',
		'pause',
		'group',
		'columns',
		'add',
		'actions',
		'save',
		'quit',
	],
	details: ['back', 'previous-node', 'check-node', 'json', 'transitions', 'actions', 'copy', 'save', 'pause'],
	json: ['back', 'up', 'previous-node', 'copy', 'save'],
	transitions: ['back', 'up', 'previous-node', 'json', 'copy', 'save'],
	daemon: ['back', 'up', 'check-all', 'pause', 'quit'],
	found: ['up', 'add-found', 'add-all-found', 'search', 'add', 'back', 'quit'],
	picker: ['up', 'choose', 'back'],
	sort: ['up', 'choose', 'invert', 'back'],
	columns: ['up', 'toggle-column', 'back'],
	actions: ['up', 'choose', 'back'],
	action: [],
	output: ['up', 'back'],
	help: [],
	filter: [],
	confirm: [],
	form: [],
	password: [],
};

const emptyFooter: readonly CommandName[] = ['add', 'quit'];

/** Commands that have no effect at a time in the past. */
const checking: ReadonlySet<CommandName> = new Set(['check-node', 'check-all', 'pause'] as const);

/** Keys of the modes in which text or an answer is expected. */
const typedFooters: Readonly<Partial<Record<Mode, ReadonlyArray<readonly [string, string]>>>> = {
	help: [
		['↑↓', 'move'],
		['any other key', 'closes'],
	],
	filter: [
		['⏎', 'keep'],
		['Esc', 'clear'],
		['prefix !', 'to exclude'],
		['↑', 'history'],
	],
	password: [
		['Tab ↑↓', 'field'],
		['⏎', 'add'],
		['Esc', 'cancel'],
	],
	confirm: [
		['Tab ←→', 'button'],
		['⏎', 'press'],
		['Esc', 'cancel'],
	],
	action: [
		['⏎', 'run'],
		['Esc', 'cancel'],
	],
	form: [
		['Tab ↑↓', 'field'],
		['⏎', 'save'],
		['Esc', 'cancel'],
		['Ctrl-U', 'clear'],
	],
};

const removeFooter: ReadonlyArray<readonly [string, string]> = [
	['⏎', 'remove'],
	['Esc', 'cancel'],
];

/** The last line: the currently valid keys. */
function keysLine({view, listed, snapshot, columns: width, isRemote, look}: UiState): Line {
	const isEmpty = listed.all.length === 0 && view.page.kind === 'table';
	const mode = modeOf(view);
	if (mode === 'filter' && listed.filterProblem !== undefined) {
		return fitLine([{text: ` ${listed.filterProblem}`, style: error}], width - 1);
	}

	const isPast = snapshot.atMs !== undefined;
	const isRefused = (name: CommandName): boolean => (isRemote && editing.has(name)) || (isPast && checking.has(name));
	const hints =
		(view.dialog?.kind === 'confirm' && view.dialog.act === 'remove' ? removeFooter : typedFooters[mode]) ??
		(isEmpty ? emptyFooter : footers[mode]).filter(name => !isRefused(name)).map(hintOf);
	const last = commands.help.modes.includes(mode) ? [hintOf('help')] : [];
	let line: Line = [];
	const room = width - 1 - lineWidth(last.flatMap(hint => hintSpans(hint, 1, look)));
	for (const hint of hints) {
		const longer = [...line, ...hintSpans(hint, line.length, look)];
		if (lineWidth(longer) > room) {
			break;
		}

		line = longer;
	}

	return [...line, ...last.flatMap(hint => hintSpans(hint, line.length, look))];
}

function hintOf(name: CommandName): readonly [string, string] {
	const {keys, hint} = commands[name];
	const key = keyName(keys[0] ?? '');
	return [hint?.keys ?? (key === 'Enter' ? '⏎' : key), hint?.word ?? name];
}

function hintSpans([keys, word]: readonly [string, string], index: number, {ascii}: Look): Span[] {
	const shown = ascii ? asciiKeys(keys, '/') : keys;
	return [{text: index === 0 ? ' ' : '  '}, {text: shown, style: bold}, {text: ` ${word}`, style: dim}];
}
