import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {stripVTControlCharacters} from 'node:util';
import {compact} from '../domain/compact.js';
import {statusDocument} from '../domain/status-document.js';
import type {UiState} from './ui-state.js';

/** A frame without its escape sequences, as lines of text. */
export function plainText(frame: string): string[] {
	return stripVTControlCharacters(frame).split('\n');
}

/**
 * Writes what the screen shows to a new file: the fleet as `status --json` gives it, and the screen's text.
 * @param folders tried in turn until one can be written to
 * @returns the file's path
 */
export async function saveSnapshot(uiState: UiState, frame: string, folders: readonly string[]): Promise<string> {
	const {snapshot, nowMs} = uiState;
	const checked = compact({
		method: snapshot.method,
		checkedAtMs: snapshot.lastCycle?.startedAtMs ?? nowMs,
		durationMs: snapshot.lastCycle?.durationMs ?? 0,
		nodes: snapshot.nodes,
		atMs: snapshot.atMs,
	});
	const saved = {...statusDocument(checked), saved_at: new Date(nowMs).toISOString(), screen: plainText(frame)};
	const name = `xmrtop-${new Date(nowMs).toISOString().replaceAll(/[-:]/g, '').replace('.000', '')}.json`;
	let problem: unknown;
	for (const folder of folders) {
		try {
			const file = path.join(folder, name);
			await writeFile(file, `${JSON.stringify(saved, undefined, 2)}\n`, {mode: 0o600});
			return file;
		} catch (error) {
			problem = error;
		}
	}

	throw problem;
}
