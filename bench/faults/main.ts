/**
 * Injects faults into a fleet of twelve real wallets, in a random order given by a seed: kills, crash loops, slow connections, refused
 * logins, hung daemons and more. Once a second it compares the states that `serve` reports with the true ones.
 * `npm run faults -- [MINUTES] [SEED]`; needs the real monero and nginx, and root for the CPU limit. The exit code is 1 if a false `up` or
 * `down` lasts longer than two intervals and a timeout.
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import {type State, states} from '../../source/domain/state.js';
import type {StatusDocument} from '../../source/domain/status-document.js';
import {fileOf, plainEnvironment} from '../parts/measure.js';
import {type Fault, faults, hangDaemon, suits} from './faults.js';
import {type Laboratory, type LabWallet, startLaboratory} from './laboratory.js';
import {createRandom} from './random.js';
import {createTruthRecord, type TruthRecord} from './truth-record.js';

const [minutes = 30, seed = 1] = process.argv.slice(2).map(Number);
const intervalS = 5;
const timeoutS = 3;
const blockEveryMs = 15_000;
const sampleEveryMs = 1000;
const atOnce = 4;
/** No new faults are started in the last minutes, so that running faults can finish. */
const endsBeforeMs = 4 * 60_000;

const log = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
const random = createRandom(seed);
process.setMaxListeners(100);
const laboratory = await startLaboratory();
const record = createTruthRecord((2 * intervalS + timeoutS) * 1000, log);
const folder = await mkdtemp(path.join(tmpdir(), 'xmrtop-faults-store-'));
try {
	const serve = await startServe(folder, laboratory);
	await waitUntilHealthy(serve.url);
	await runScript(serve.url, laboratory, record);
	serve.child.kill('SIGTERM');
	await once(serve.child, 'exit');
} finally {
	await laboratory.close();
	await rm(folder, {recursive: true, force: true});
}

console.log(`${minutes} minutes, seed ${seed}, interval ${intervalS} s, timeout ${timeoutS} s\n`);
console.log(record.report());
console.log(`\nfalse up or down older than two intervals and a timeout: ${record.mistakes.length}`);
console.log(record.mistakes.join('\n'));
process.exitCode = record.mistakes.length > 0 ? 1 : 0;
// Without this, a fault that is still running would keep the process alive.
process.exit();

async function runScript(url: string, lab: Laboratory, truth: TruthRecord): Promise<void> {
	const endMs = performance.now() + minutes * 60_000;
	const busy = new Set<LabWallet>();
	let daemonHangs = false;
	for (const wallet of lab.wallets) {
		truth.set(wallet.name, 'healthy', ['up']);
	}

	const mining = setInterval(() => {
		if (!daemonHangs) {
			lab.daemon.mineBlocks(1).catch(error => log(String(error)));
		}
	}, blockEveryMs);
	const sampling = setInterval(() => {
		readStates(url).then(
			read => {
				for (const [name, state] of read) {
					truth.sample(name, state);
				}
			},
			error => log(String(error)),
		);
	}, sampleEveryMs);
	const running = new Set<Promise<void>>();
	const begin = (fault: Fault, wallet: LabWallet): void => {
		busy.add(wallet);
		log(`${fault.name}: ${wallet.name}`);
		const run = fault
			.run({
				wallet,
				laboratory: lab,
				is: (situation, allowed) => truth.set(wallet.name, situation, allowed),
				secondsBetween: (from, to) => from + random() * (to - from),
			})
			.then(() => settle(wallet, truth))
			.catch(error => {
				// The true state of the wallet is now unknown, so every state is allowed.
				truth.set(wallet.name, 'fault failed', states);
				log(`${fault.name} of ${wallet.name} failed: ${error}`);
			})
			.finally(() => {
				busy.delete(wallet);
				running.delete(run);
			});
		running.add(run);
	};

	while (performance.now() < endMs - endsBeforeMs) {
		await delay(3000 + random() * 9000);
		if (random() < 0.03) {
			await Promise.all(running);
			log('the daemon hangs');
			daemonHangs = true;
			await hangDaemon(lab, (wallet, situation, allowed) => truth.set(wallet.name, situation, allowed), 45);
			daemonHangs = false;
			for (const wallet of lab.wallets) {
				settle(wallet, truth);
			}
		} else if (running.size < atOnce) {
			const fault = faults[Math.floor(random() * faults.length)] as Fault;
			const free = lab.wallets.filter(wallet => !busy.has(wallet) && suits(fault, wallet));
			const wallet = free[Math.floor(random() * free.length)];
			if (wallet) {
				begin(fault, wallet);
			}
		}
	}

	await Promise.all(running);
	await delay(Math.max(0, endMs - performance.now()));
	clearInterval(mining);
	clearInterval(sampling);
}

/** Marks a wallet as healthy after a fault. It may still be behind for a moment. */
function settle(wallet: LabWallet, truth: TruthRecord): void {
	truth.set(wallet.name, 'healthy again', ['up', 'degraded']);
}

async function startServe(
	configDir: string,
	lab: Laboratory,
): Promise<{readonly url: string; readonly child: ChildProcess}> {
	const file = path.join(configDir, 'import.json');
	await writeFile(file, JSON.stringify(lab.wallets.map(({definition}) => definition)));
	await runCli(configDir, ['nodes', 'import', file]);
	await runCli(configDir, ['config', 'set', 'crash_loop_within', '2m']);
	// Other faults restart wallets too, but only the crash loop does so five times in two minutes.
	await runCli(configDir, ['config', 'set', 'crash_loop', '5']);
	const child = spawn(
		process.execPath,
		[
			fileOf('dist/cli.js'),
			...['serve', '--interval', `${intervalS}s`, '--timeout', `${timeoutS}s`],
			...['--config-dir', configDir, '--listen', '127.0.0.1:0'],
		],
		{env: plainEnvironment(), stdio: ['ignore', 'ignore', 'pipe']},
	);
	const url = await new Promise<string>((resolve, reject) => {
		createInterface({input: child.stderr}).on('line', line => {
			const [, found] = /listening on (http:\S+)/.exec(line) ?? [];
			if (found) {
				resolve(found);
			} else {
				log(line);
			}
		});
		child.on('exit', () => reject(new Error('serve ended')));
	});
	return {url, child};
}

async function runCli(configDir: string, args: readonly string[]): Promise<void> {
	const child = spawn(process.execPath, [fileOf('dist/cli.js'), ...args, '--config-dir', configDir], {
		env: plainEnvironment(),
		stdio: ['ignore', 'ignore', 'inherit'],
	});
	const [code] = await once(child, 'exit');
	if (code !== 0) {
		throw new Error(`xmrtop ${args.join(' ')} ended with ${code}`);
	}
}

async function readStates(url: string): Promise<ReadonlyArray<readonly [string, State]>> {
	const answer = await fetch(`${url}/nodes/status`);
	const {nodes} = (await answer.json()) as StatusDocument;
	return nodes.map(({name, state}) => [name, state] as const);
}

async function waitUntilHealthy(url: string): Promise<void> {
	for (let tries = 0; tries < 60; tries += 1) {
		const read = await readStates(url).catch(() => []);
		const unwell = read.filter(([, state]) => state !== 'up');
		if (read.length > 0 && unwell.length === 0) {
			return;
		}

		log(`not up yet: ${unwell.map(entry => entry.join(' ')).join(', ')}`);
		await delay(5000);
	}

	throw new Error('the fleet never became healthy');
}
