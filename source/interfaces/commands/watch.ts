import {durationText} from '../../domain/duration.js';
import type {FleetSnapshot} from '../../domain/fleet.js';
import type {Transition} from '../../domain/memory.js';
import {countOf} from '../../domain/quantity.js';
import {statusDocument} from '../../domain/status-document.js';
import {cleanText} from '../../domain/text.js';
import type {RunCommand, Surroundings} from '../command.js';
import {transitionLine} from '../transition-line.js';
import {emptyNote} from './empty-note.js';
import {openWatcher} from './open-watcher.js';

/** What a reader that does not read may owe before documents are left out, in bytes. */
const mostUnread = 1_048_576;

/** The loop without a screen: a line for every change of state, or a document for every cycle. */
export const runWatch: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const {stdout, stderr} = surroundings;
	const say = (line: string): unknown => stderr.write(`xmrtop: ${cleanText(line, 4000)}\n`);
	const isNdjson = flags.isOn('ndjson') === true;
	const withTime = !surroundings.isJournal();
	const onTransition = (transition: Transition): unknown => stdout.write(`${transitionLine(transition, withTime)}\n`);
	const {watcher, settings, nodeStore, close} = openWatcher(invocation, isNdjson ? {} : {onTransition});

	const ended = new AbortController();
	const end = (): void => ended.abort();
	const sayNotes = noteSayer(say);
	const print = isNdjson ? cyclePrinter(surroundings) : () => {};
	watcher.subscribe(() => {
		const snapshot = watcher.getSnapshot();
		sayNotes(snapshot.notes);
		print(snapshot);
	});
	stdout.once('error', end);
	stderr.once('error', end);
	const ignoreHangup = surroundings.onHangup(() => {
		if (ended.signal.aborted) {
			// A lost terminal says so twice, by the system and by the shell; the second time must not cut off the saving.
			return;
		}

		// Where the terminal is gone, this line is what notices it.
		say('SIGHUP: reading the nodes again');
		watcher.checkNow();
	});
	try {
		watcher.start();
		const {nodes} = watcher.getSnapshot();
		const count = nodes.filter(({disabled}) => !disabled).length;
		say(
			count > 0
				? `watching ${countOf(count, 'node')} by ${settings.method} every ${durationText(settings.interval)}`
				: emptyNote(nodeStore.read().nodes.length, nodeStore.path, flags.text('group')),
		);
		await surroundings.untilSignal(ended.signal);
	} finally {
		await close();
		await surroundings.dropUnread();
		ignoreHangup();
	}

	return 0;
};

/** Says every note once, and when what it was about is over. */
function noteSayer(say: (line: string) => unknown): (notes: readonly string[]) => void {
	let said: readonly string[] = [];
	return notes => {
		for (const note of notes.filter(text => !said.includes(text))) {
			say(note);
		}

		for (const note of said.filter(text => !notes.includes(text))) {
			say(`over: ${note}`);
		}

		said = notes;
	};
}

/** Prints a document for every cycle that has ended; one line each, as `status --json` gives it. */
function cyclePrinter({stdout}: Surroundings): (snapshot: FleetSnapshot) => void {
	let last: FleetSnapshot['lastCycle'];
	return ({method, lastCycle, nodes}) => {
		if (!lastCycle || lastCycle === last || stdout.writableLength > mostUnread) {
			return;
		}

		last = lastCycle;
		const {startedAtMs: checkedAtMs, durationMs} = lastCycle;
		stdout.write(`${JSON.stringify(statusDocument({method, checkedAtMs, durationMs, nodes}))}\n`);
	};
}
