import {caretSpans, fitLine, type Line, StyledLines} from './styled-line.js';
import {wrapText} from './text-width.js';
import {bold, inverse} from './theme.js';
import type {UiState} from './ui-state.js';
import type {Dialog} from './view/view-state.js';

type Confirm = Extract<Dialog, {kind: 'confirm'}>;

/** Asks before something is done to a node. */
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

function confirmLines({columns: width}: UiState, dialog: Confirm): readonly Line[] {
	const {act, name} = dialog;
	return [
		[],
		...wrapText(questions[act](name), width - 4).map((text): Line => [{text: `   ${text}`, style: bold}]),
		[],
		...(act === 'remove' ? nameLines(dialog.typed ?? '', width) : [buttonLine(buttonWords[act], dialog.isFocused)]),
	];
}

const nameLines = (typed: string, width: number): readonly Line[] => [
	[{text: '   Type its name and press Enter; Esc cancels.'}],
	[],
	fitLine([{text: ' ❯ '}, ...caretSpans(typed, [...typed].length, width - 6)], width - 1),
];

const buttonLine = (word: string, isFocused = false): Line => [
	{text: '   '},
	isFocused ? {text: ' Cancel '} : {text: '[Cancel]', style: inverse},
	{text: '  '},
	isFocused ? {text: `[${word}]`, style: inverse} : {text: ` ${word} `},
];
