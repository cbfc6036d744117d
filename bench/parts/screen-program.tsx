// One of two programs in a simulated terminal: `ours` is the live table over a fleet whose checks cost nothing,
// `ink` the smallest Ink app that draws a table of the same size. What to measure is in argv[3], how many nodes in argv[4].
import {EventEmitter} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {render, Text, useInput} from 'ink';
import {useEffect, useState} from 'react';
import {createPoller} from '../../source/application/poller.js';
import {createRecorder} from '../../source/application/recorder.js';
import type {CheckResult} from '../../source/domain/check-result.js';
import {runScreen} from '../../source/tui/run.js';

const [program, measure, nodesText = '1000'] = process.argv.slice(2);
const columns = 120;
const rows = 40;
const nodeCount = Number(nodesText);
const intervalMs = measure === 'cpu' ? 2000 : 1000;

/** A terminal that only counts. */
class Output extends EventEmitter {
	readonly columns = columns;
	readonly rows = rows;
	readonly isTTY = true;
	bytes = 0;

	write(text: string): boolean {
		this.bytes += Buffer.byteLength(text);
		this.emit('written');
		return true;
	}
}

/** A keyboard, for readers of events and for readers of `readable`. */
class Input extends EventEmitter {
	readonly isTTY = true;
	private typed: string[] = [];

	type(keys: string): void {
		if (this.listenerCount('data') > 0) {
			this.emit('data', keys);
		} else {
			this.typed.push(keys);
			this.emit('readable');
		}
	}

	read(): string | null {
		return this.typed.shift() ?? null;
	}

	setRawMode(): this {
		return this;
	}

	setEncoding(): this {
		return this;
	}

	resume(): this {
		return this;
	}

	pause(): this {
		return this;
	}

	ref(): this {
		return this;
	}

	unref(): this {
		return this;
	}
}

const output = new Output();
const input = new Input();
const stdout = output as unknown as NodeJS.WriteStream;
const stdin = input as unknown as NodeJS.ReadStream;
const names = Array.from({length: nodeCount}, (_, index) => `node-${index + 1}`);
const latencyOf = (index: number): number => 1 + ((index * 7 + Math.floor(performance.now() / 1000)) % 90) / 10;

function startOurs(): void {
	const nodes = names.map((name, index) => ({
		id: index + 1,
		name,
		host: '127.0.0.1',
		port: 18_000 + index,
		path: '/json_rpc',
		available: true,
	}));
	const check = async ({id}: {readonly id: number}): Promise<CheckResult> => {
		await sleep(1 + (id % 20));
		return {
			status: true,
			details: {
				method: 'api',
				url: 'http://127.0.0.1/json_rpc',
				message: 'API is responding',
				state: 'up',
				latency_ms: latencyOf(id),
				version: 65_565,
				version_text: '1.29',
				last_check: new Date().toISOString(),
			},
		};
	};
	const nothing = async (): Promise<readonly []> => [];
	const poller = createPoller({
		checker: {openCycle: () => ({}), check} as never,
		recorder: createRecorder({
			store: {read: () => new Map(), save: nothing, saveTransitions: nothing},
			saving: 'never',
			onSaveProblem: () => {},
		}),
		readNodes: () => ({fleet: nodes, isShown: () => true, isChecked: () => true}),
		method: 'api',
		intervalMs,
		ports: {nowMs: Date.now},
	});
	void runScreen({
		poller,
		nodeStore: {path: '/nodes.json'} as never,
		resultStore: {path: '/results.json', readTransitions: nothing} as never,
		stdin,
		stdout,
		ascii: false,
		color: true,
		nowMs: Date.now,
	});
}

const shownRows = rows - 2;

function Table() {
	const [selected, setSelected] = useState(0);
	const [, setTurn] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => setTurn(turn => turn + 1), intervalMs);
		return () => clearInterval(timer);
	}, []);
	useInput(keys => {
		setSelected(index => Math.max(0, index + (keys === 'j' ? 1 : -1)));
	});
	return names.slice(0, shownRows).map((name, index) => {
		const latency = `${latencyOf(index).toFixed(1)} ms`.padStart(9);
		const text = ` ${name.padEnd(16)} 1.29 ${latency}      0    2m  API is responding`.padEnd(columns - 12);
		return (
			<Text key={name} inverse={index === selected}>
				{index === selected ? ' > ' : '   '}
				<Text color="green">● up</Text>
				{text.slice(0, columns - 12)}
			</Text>
		);
	});
}

const programs: Readonly<Record<string, () => void>> = {
	ours: startOurs,
	ink: () => void render(<Table />, {stdout, stdin, patchConsole: false}),
};

/** Milliseconds from a key to the frame that shows it, every 53 ms so that keys meet polls at any phase. */
async function keyTimes(): Promise<{readonly median: number; readonly p99: number}> {
	const times: number[] = [];
	for (let index = 0; index < 240; index++) {
		const shown = new Promise(resolve => {
			output.once('written', resolve);
		});
		const startedMs = performance.now();
		input.type(index % 40 < 20 ? 'j' : 'k');
		await shown;
		times.push(performance.now() - startedMs);
		await sleep(53);
	}

	times.sort((a, b) => a - b);
	return {median: times[Math.floor(times.length / 2)] ?? 0, p99: times[Math.floor(times.length * 0.99)] ?? 0};
}

const measures: Readonly<Record<string, () => Promise<object>>> = {
	keys: keyTimes,
	cpu: async () => {
		await sleep(12_000);
		const {user, system} = process.cpuUsage();
		return {cpuMs: (user + system) / 1000};
	},
	nodeState: async () => {
		await sleep(6000);
		return {rssMb: process.memoryUsage().rss / 2 ** 20};
	},
};

programs[program ?? '']?.();
await sleep(1500);
const found = await measures[measure ?? '']?.();
process.stdout.write(`${JSON.stringify(found)}\n`, () => process.kill(process.pid, 'SIGKILL'));
