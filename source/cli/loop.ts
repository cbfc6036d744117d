import type {LoopPart} from '../application/session.js';
import {countWithNoun, durationText} from '../domain/format.js';
import {InputError} from '../domain/input-error.js';
import type {Invocation} from './command.js';
import {writeNote} from './output.js';
import {noNodesNote} from './run-settings.js';
import {openCommandPoller} from './session.js';

/**
 * Watches the nodes of a command line until a signal arrives or its output is closed.
 * SIGHUP re-reads the nodes.
 * @returns the exit code
 */
export async function runCommandLoop(invocation: Invocation, parts: readonly LoopPart[]): Promise<number> {
	const {flags, surroundings} = invocation;
	const {stdout, stderr} = surroundings;
	const say = (line: string): void => writeNote(stderr, line);
	const {close, ...open} = openCommandPoller(invocation, {
		onTransition: transition => parts.forEach(part => void part.onTransition?.(transition)),
		onResult: (observation, nodeState) => parts.forEach(part => void part.onResult?.(observation, nodeState)),
	});
	const {poller, settings, nodeStore} = open;
	const ended = new AbortController();
	const end = (): void => ended.abort();
	const sayNotes = noteReporter(say);
	poller.subscribe(() => sayNotes(poller.getSnapshot().notes));
	stdout.once('error', end);
	stderr.once('error', end);
	const ignoreHangup = surroundings.onHangup(() => {
		if (ended.signal.aborted) {
			// When a terminal closes, both the kernel and the shell send SIGHUP; the second must not interrupt saving.
			return;
		}

		// If the terminal is gone, writing this line fails, which ends the loop.
		say('SIGHUP: reading the nodes again');
		void poller.checkNow();
	});
	const signalled = surroundings.untilSignal(ended.signal).then(end);
	const endings: Array<() => Promise<void>> = [];
	try {
		for (const part of parts) {
			const ending = await part.begin?.({...open, say, ended: ended.signal});
			if (ending) {
				endings.unshift(ending);
			}
		}

		poller.start();
		const {nodes} = poller.getSnapshot();
		const count = nodes.filter(({disabled}) => !disabled).length;
		say(
			count > 0
				? `watching ${countWithNoun(count, 'node')} by ${settings.method} every ${durationText(settings.interval)}`
				: noNodesNote(nodeStore.read().nodes.length, nodeStore.path, flags.text('group')),
		);
		await signalled;
	} catch (error) {
		// A part that was interrupted because the loop is ending has not failed.
		if (!(ended.signal.aborted && error instanceof InputError)) {
			throw error;
		}
	} finally {
		end();
		await Promise.all(endings.map(ending => ending()));
		await close();
		await surroundings.dropUnread();
		ignoreHangup();
	}

	return 0;
}

/** Returns a function that prints each note once, and `resolved: ...` when a note disappears. */
function noteReporter(say: (line: string) => unknown): (notes: readonly string[]) => void {
	let written: readonly string[] = [];
	return notes => {
		for (const note of notes.filter(text => !written.includes(text))) {
			say(note);
		}

		for (const note of written.filter(text => !notes.includes(text))) {
			say(`resolved: ${note}`);
		}

		written = notes;
	};
}
