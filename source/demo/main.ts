import {mkdir, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type DemoOptions, parseDemoArguments, usage} from './options.js';
import {type Program, startSimulatedFleet} from './simulated-fleet.js';
import {type Shutdown, watchDemoShutdown} from './start.js';
import {runSimulatedWallet, simulateWalletFlag} from './wallet-process.js';

/** Runs the simulated fleet until it is stopped; sets the exit code. */
async function runDemoProgram(argv: readonly string[], program: Program): Promise<void> {
	const parsed = parseDemoArguments(argv);
	if (parsed.kind === 'help') {
		process.stdout.write(usage);
		return;
	}

	if (parsed.kind === 'bad_usage') {
		fail(parsed.message, 2);
		return;
	}

	const shutdown = watchDemoShutdown();
	const {configDir: named} = parsed.options;
	const configDir = named === undefined ? await mkdtemp(path.join(tmpdir(), 'xmrtop-demo-')) : path.resolve(named);
	try {
		await mkdir(configDir, {recursive: true, mode: 0o700});
		await play({...parsed.options, configDir}, program, shutdown);
	} catch (error) {
		const isTaken = (error as NodeJS.ErrnoException).code === 'EEXIST';
		fail(
			isTaken ? `${configDir} already contains a nodes.json: use another folder` : (error as Error).message,
			isTaken ? 2 : 70,
		);
	} finally {
		shutdown.release();
		if (named === undefined) {
			await rm(configDir, {recursive: true, force: true});
		}
	}
}

async function play(
	options: DemoOptions & {readonly configDir: string},
	program: Program,
	{ended}: Shutdown,
): Promise<void> {
	const fleet = await startSimulatedFleet(options, program);
	process.stdout.write(`${JSON.stringify({ready: true, config_dir: options.configDir})}\n`);
	await ended;
	await fleet.stop();
}

function fail(message: string, exitCode: number): void {
	process.stderr.write(`demo: ${message}\n`);
	process.exitCode = exitCode;
}

const [, entry = '', ...argv] = process.argv;

await (argv[0] === simulateWalletFlag
	? runSimulatedWallet(argv)
	: runDemoProgram(argv, {nodeBinary: process.execPath, nodeArguments: process.execArgv, entry}));
