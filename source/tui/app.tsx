import {Box, Transform} from 'ink';
import {memo, useSyncExternalStore} from 'react';
import type {Scene} from './scene.js';
import {screenLines} from './screen-lines.js';
import {ansiOf, type Line} from './spans.js';
import {drawable, type Look} from './theme.js';

/** Where the screen's content comes from. */
export interface SceneStore {
	readonly subscribe: (listener: () => void) => () => void;
	/** The same object until something changes. */
	readonly getScene: () => Scene;
}

/** The whole screen, always as the store says. */
export function App({store}: {readonly store: SceneStore}) {
	return <Screen scene={useSyncExternalStore(store.subscribe, store.getScene)} />;
}

/** The screen at one moment. */
export function Screen({scene}: {readonly scene: Scene}) {
	const {header, body, status, footer} = screenLines(scene);
	const {look} = scene;
	return (
		<Box flexDirection="column">
			<Lines lines={header} look={look} />
			<Lines lines={body} look={look} />
			<Lines lines={[status, footer]} look={look} />
		</Box>
	);
}

function Lines({lines, look}: {readonly lines: readonly Line[]; readonly look: Look}) {
	return lines.map((line, row) => {
		// A line is its place: what it says changes, where it stands does not.
		const key = row;
		return <DrawnLine key={key} text={ansiOf(drawable(line, look))} />;
	});
}

/**
 * One line of the screen. Its text is put in place of a single space after layout, because Ink measures every text it lays
 * out and keeps each one it ever saw: a screen that ticks for weeks would never give that memory back.
 */
const DrawnLine = memo(function DrawnLine({text}: {readonly text: string}) {
	return <Transform transform={() => text}> </Transform>;
});
