import {Box, Transform} from 'ink';
import {memo, useSyncExternalStore} from 'react';
import {screenLines} from './lines/screen-lines.js';
import {ansiOf, type Line} from './lines/spans.js';
import {drawable, type Look} from './lines/theme.js';
import type {LineBox} from './terminal/line-box.js';
import type {UiState} from './ui-state.js';

/** Where the screen's content comes from. */
export interface UiStateStore {
	readonly subscribe: (listener: () => void) => () => void;
	/** The same object until something changes. */
	readonly getScene: () => UiState;
}

/** The whole screen, always as the store says. */
export function App({store, box}: {readonly store: UiStateStore; readonly box: LineBox}) {
	return <Screen uiState={useSyncExternalStore(store.subscribe, store.getScene)} box={box} />;
}

/** The screen at one moment, its lines in a box. */
export function Screen({uiState, box}: {readonly uiState: UiState; readonly box: LineBox}) {
	const {header, body, status, footer} = screenLines(uiState);
	const {look} = uiState;
	return (
		<Box flexDirection="column">
			<Lines lines={header} look={look} box={box} />
			<Lines lines={body} look={look} box={box} />
			<Lines lines={[status, footer]} look={look} box={box} />
		</Box>
	);
}

interface LinesProps {
	readonly lines: readonly Line[];
	readonly look: Look;
	readonly box: LineBox;
}

function Lines({lines, look, box}: LinesProps) {
	return lines.map((line, row) => {
		// A line is its place: what it says changes, where it stands does not.
		const key = row;
		return <DrawnLine key={key} text={ansiOf(drawable(line, look))} box={box} />;
	});
}

/** One line of the screen. Ink lays out the space; the line takes its place afterwards. */
const DrawnLine = memo(function DrawnLine({text, box}: {readonly text: string; readonly box: LineBox}) {
	return <Transform transform={() => box.put(text)}> </Transform>;
});
