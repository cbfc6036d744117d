import {commandText, longestRestartMs} from '../domain/actions.js';
import {spanText} from '../domain/format.js';
import {caretSpans, fitLine, type Line, type Span, StyledLines, stackParts} from './styled-line.js';
import {chopText, wrapText} from './text-width.js';
import {bold, dim, error, inverse} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import type {ActionDialog, Dialog, OutputDialog} from './view/view-state.js';

type Confirm = Extract<Dialog, {kind: 'confirm'}>;

/** The confirmation before a node is changed. */
export function ConfirmDialog({uiState, dialog}: {readonly uiState: UiState; readonly dialog: Confirm}) {
	return <StyledLines lines={confirmLines(uiState, dialog)} />;
}

const questions = {
	remove: (name: string) => `Remove ${name}? Its definition is deleted; its history is kept for 30 days.`,
	disable: (name: string) => `Disable ${name}? It stays in the list but is not checked.`,
	enable: (name: string) => `Enable ${name}? It will be checked again.`,
	silence: (name: string) => `Silence ${name} for 2 h? It is checked, but its alerts are not sent.`,
	unsilence: (name: string) => `End the silence of ${name}? Its alerts are sent again.`,
} as const;

const buttonWords = {disable: 'Disable', enable: 'Enable', silence: 'Silence', unsilence: 'End silence'} as const;

function confirmLines(uiState: UiState, dialog: Confirm): readonly Line[] {
	const {columns: width} = uiState;
	const {act, name} = dialog;
	return stackParts(
		[
			wrapText(questions[act](name), width - 4).map((text): Line => [{text: `   ${text}`, style: bold}]),
			...(act === 'remove' ? nameParts(dialog.typed ?? '', width) : [[buttonLine(buttonWords[act], dialog.isFocused)]]),
		],
		pageHeight(uiState),
	);
}

/** Shows a command before it runs, and the progress that would be lost. */
export function ActionQuestion({uiState, dialog}: {readonly uiState: UiState; readonly dialog: ActionDialog}) {
	return <StyledLines lines={questionLines(uiState, dialog)} />;
}

function questionLines(uiState: UiState, {action, name, argv, loss, typed}: ActionDialog): readonly Line[] {
	const {columns: width} = uiState;
	const height = pageHeight(uiState);
	const wrapped = (text: string, style: Span['style'] = {}): readonly Line[] =>
		wrapText(text, width - 4).map((line): Line => [{text: `   ${line}`, style}]);
	if (argv.length === 0) {
		return [[], ...wrapped(`${action.name} of ${name}: checking the node`, bold)];
	}

	const asked = wrapped(`Run ${action.name} for ${name}?`, bold);
	const below =
		loss === undefined
			? [
					[
						...(action.restarts
							? wrapped(`Its alerts are silenced until it is up, for ${spanText(longestRestartMs)} at most.`)
							: []),
						...(action.follow ? wrapped('It gets the whole terminal; Ctrl-C ends it and leads back here.') : []),
						...wrapped('Enter runs it; Esc cancels.'),
					],
				]
			: nameParts(typed ?? '', width, wrapped(`Refused: ${name} is ${loss}.`, error));
	const all = chopText(commandText(argv), width - 6).map((text): Line => [{text: `     ${text}`}]);
	const parts = (command: readonly Line[]): ReadonlyArray<readonly Line[]> => [asked, command, ...below];
	const room = height - parts([]).flat().length;
	const more = all.length > room ? wrapped(`… and more: xmrtop run ${action.name} ${name} --dry-run`, error) : [];
	return stackParts(parts([...all.slice(0, Math.max(1, room - more.length)), ...more]), height);
}

/** The output of a command. */
export function ActionOutput({uiState, dialog}: {readonly uiState: UiState; readonly dialog: OutputDialog}) {
	const room = pageHeight(uiState);
	const lines = outputLines(uiState, dialog);
	const first = Math.max(0, Math.min(dialog.scroll, lines.length - room));
	return <StyledLines lines={lines.slice(first, first + room)} />;
}

/** All lines in the output dialog of a command. */
export function outputLines({columns: width}: Pick<UiState, 'columns'>, dialog: OutputDialog): readonly Line[] {
	const {title, argv, lines, ending, isEnded} = dialog;
	const plain = (text: string): Line => [{text: `   ${text}`}];
	return [
		[{text: `   ${title}`, style: bold}],
		...chopText(commandText(argv), width - 4).map((text): Line => [{text: `   ${text}`, style: dim}]),
		[],
		...lines.flatMap(line => chopText(line, width - 4).map(plain)),
		...(lines.length > 0 ? [[]] : []),
		...wrapText(`${ending}${isEnded ? '' : ' …'}`, width - 4).map((text): Line => [{text: `   ${text}`, style: bold}]),
	];
}

/** Asks for the name of the node, after the reason why. On a narrow terminal only the footer says how to cancel. */
function nameParts(typed: string, width: number, why: readonly Line[] = []): ReadonlyArray<readonly Line[]> {
	const ask = 'Type its name and press Enter';
	const whole = `${ask}; Esc cancels.`;
	return [
		[...why, [{text: `   ${whole.length <= width - 4 ? whole : `${ask}.`}`}]],
		[fitLine([{text: ' ❯ '}, ...caretSpans(typed, [...typed].length, width - 6)], width - 1)],
	];
}

const buttonLine = (word: string, isFocused = false): Line => [
	{text: '   '},
	isFocused ? {text: ' Cancel '} : {text: '[Cancel]', style: inverse},
	{text: '  '},
	isFocused ? {text: `[${word}]`, style: inverse} : {text: ` ${word} `},
];
