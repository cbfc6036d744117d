// One of three programs in a simulated terminal: `ours` is the live table over a fleet whose checks do no work, `ink` a plain Ink app
// with the same table, `empty` a minimal Ink app that reacts to a key. argv[3] is what to measure, argv[4] the number of nodes.
import {EventEmitter} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import {Box, render, Text, useInput} from 'ink';
import {memo, useEffect, useState} from 'react';
import {createPoller} from '../../source/application/poller.js';
import {createRecorder} from '../../source/application/recorder.js';
import type {CheckResult} from '../../source/domain/check-result.js';
import {runScreen} from '../../source/tui/run.js';

const [program, measure, nodesText = '1000'] = process.argv.slice(2);
const columns = 120;
const rows = 40;
const nodeCount = Number(nodesText);
const intervalMs = measure === 'cpu' ? 2000 : 1000;

/** A terminal that only counts writes. */
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

/** A simulated keyboard. It emits `data` if there is a listener for it, else `readable`. */
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

const shownRows = rows - 3;
/** Width, alignment and text of the cells of a row. */
const cells: ReadonlyArray<
	readonly [width: number, align: 'flex-start' | 'flex-end', textOf: (index: number) => string]
> = [
	[12, 'flex-start', () => '● up'],
	[14, 'flex-start', index => names[index] ?? ''],
	[18, 'flex-start', index => `127.0.0.1:${18_000 + index}`],
	[6, 'flex-end', () => '1.29'],
	[10, 'flex-end', index => `${latencyOf(index).toFixed(1)} ms`],
	[7, 'flex-end', () => '–'],
	[6, 'flex-end', () => '2m'],
	[30, 'flex-start', () => ' API is responding'],
];

const Row = memo(function Row({
	index,
	isSelected,
}: {
	readonly index: number;
	readonly isSelected: boolean;
	readonly turn: number;
}) {
	return (
		<Box>
			<Text inverse={isSelected}>{isSelected ? ' ❯ ' : '   '}</Text>
			{cells.map(([width, justifyContent, textOf], place) => {
				const key = place;
				return (
					<Box key={key} width={width} justifyContent={justifyContent}>
						<Text inverse={isSelected} dimColor={place === cells.length - 1}>
							{textOf(index)}
						</Text>
					</Box>
				);
			})}
		</Box>
	);
});

/** The same table as a plain Ink app: new numbers every interval, ages that increase, a selection that moves. */
function Table() {
	const [selected, setSelected] = useState(0);
	const [turn, setTurn] = useState(0);
	const [age, setAge] = useState(0);
	useEffect(() => {
		const timers = [
			setInterval(() => setTurn(before => before + 1), intervalMs),
			setInterval(() => setAge(before => before + 1), 1000),
		];
		return () => timers.forEach(clearInterval);
	}, []);
	useInput(keys => {
		setSelected(index => Math.max(0, index + (keys === 'j' ? 1 : -1)));
	});
	return (
		<Box flexDirection="column">
			<Text>{` ${nodeCount} nodes  ● ${nodeCount} up    api · every 2s · ${age % 3}s ago`}</Text>
			<Text>{'   STATE        NAME          ADDRESS              VER   LATENCY    LAG   FOR  MESSAGE'}</Text>
			{names.slice(0, shownRows).map((name, index) => (
				<Row key={name} index={index} isSelected={index === selected} turn={turn} />
			))}
		</Box>
	);
}

/** A minimal app that reacts to a key. */
function Empty() {
	const [count, setCount] = useState(0);
	useInput(() => setCount(before => before + 1));
	return <Text>{count}</Text>;
}

const ink = {stdout, stdin, interactive: true, incrementalRendering: true, patchConsole: false};
const programs: Readonly<Record<string, () => void>> = {
	ours: startOurs,
	ink: () => void render(<Table />, ink),
	empty: () => void render(<Empty />, ink),
};

/** Milliseconds from a key press to the frame that shows it. A key every 53 ms, so that keys arrive at different phases of the polling. */
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
		// Loading is not counted: a screen runs for weeks.
		const before = process.cpuUsage();
		await sleep(12_000);
		const {user, system} = process.cpuUsage(before);
		return {cpuMs: (user + system) / 1000};
	},
	memory: async () => {
		await sleep(6000);
		return {rssMb: process.memoryUsage().rss / 2 ** 20};
	},
};

programs[program ?? '']?.();
await sleep(1500);
const found = await measures[measure ?? '']?.();
process.stdout.write(`${JSON.stringify(found)}\n`, () => process.kill(process.pid, 'SIGKILL'));
