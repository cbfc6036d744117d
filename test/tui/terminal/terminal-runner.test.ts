import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createTerminalRunner, type LentSignals} from '../../../source/tui/terminal/exit-signals.js';

/** Runs a command during which Ctrl-C is pressed; the signal is delivered by `deliver`. */
async function runInterrupted(deliver: (arrived: {isInterrupted: boolean}) => void) {
	const arrived = {isInterrupted: false, isEnding: false};
	const commands: Array<readonly string[]> = [];
	const runInTerminal = createTerminalRunner({
		stdin: {pause: () => undefined as never, resume: () => undefined as never},
		stdout: {write: () => true},
		lend: work => work(arrived satisfies LentSignals),
	});
	const end = await runInTerminal(['tail', '-f', 'log'], async command => {
		commands.push(command);
		deliver(arrived);
		return {exitCode: 130, failure: 'exit code 130'};
	});
	return {end, commands};
}

const interrupt = (arrived: {isInterrupted: boolean}): void => {
	arrived.isInterrupted = true;
};

for (const [when, deliver] of [
	['before the end of the command', interrupt],
	['after the end of the command', (arrived: {isInterrupted: boolean}) => void setImmediate(interrupt, arrived)],
] as const) {
	test(`Ctrl-C that is seen ${when} leads back at once`, async () => {
		const {end, commands} = await runInterrupted(deliver);
		assert.equal(end.failure, 'Ctrl-C');
		assert.deepEqual(commands, [['tail', '-f', 'log']], 'nothing waits for Enter');
	});
}
