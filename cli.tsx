#!/usr/bin/env node
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {isJournal} from './source/adapters/journal.js';
import {openPorts} from './source/adapters/open-ports.js';
import {createNodeStore} from './source/adapters/store/node-store.js';
import {resolveFolders} from './source/adapters/store/paths.js';
import {createResultStore} from './source/adapters/store/result-store.js';
import {dropUnread} from './source/adapters/unread-output.js';
import type {Surroundings} from './source/interfaces/command.js';
import {runProgram} from './source/interfaces/run-program.js';

const {stdin, stdout, stderr, env} = process;

/** The composition root: the only place that knows which adapter stands behind which port. */
const surroundings: Surroundings = {
	stdin,
	stdout,
	stderr,
	env,
	nowMs: Date.now,
	openStores: flags => {
		const folders = foldersFor(flags.text('config-dir'), flags.text('state-dir'));
		return {nodeStore: createNodeStore(folders.configDir), resultStore: createResultStore(folders.stateDir)};
	},
	openPorts,
	findWallets: async () => {
		const {findWallets} = await import('./source/adapters/processes/find-wallets.js');
		return findWallets();
	},
	readFile: file => readFile(file, 'utf8'),
	readStdin: async () => {
		let text = '';
		for await (const chunk of stdin.setEncoding('utf8')) {
			text += chunk;
		}

		return text;
	},
	runScreen: async screen => {
		const {runScreen} = await import('./source/tui/run.js');
		await runScreen({...screen, color: screen.colour, stdin, stdout, env, nowMs: Date.now});
	},
	startDemo: async nodes => {
		if (stdin.isTTY && stdout.isTTY) {
			// Loading the screen takes as long as starting the fleet: both at once bring the first frame sooner.
			import('./source/tui/run.js').catch(() => {});
		}

		const {startDemo} = await import('./source/demo/start.js');
		return startDemo({nodes, entry: fileURLToPath(new URL('demo.js', import.meta.url))});
	},
	untilSignal: unneeded =>
		new Promise(resolve => {
			// A timer keeps the process alive; signals alone do not.
			const alive = setInterval(() => {}, 2 ** 30);
			const end = () => {
				clearInterval(alive);
				// Only later: the lock library ends the program by the same signal when it finds nobody else listening for it.
				setImmediate(() => process.off('SIGINT', end).off('SIGTERM', end));
				resolve();
			};
			process.on('SIGINT', end).on('SIGTERM', end);
			unneeded?.addEventListener('abort', end, {once: true});
		}),
	onHangup: listener => {
		process.on('SIGHUP', listener);
		return () => process.off('SIGHUP', listener);
	},
	isJournal: () => isJournal(1, env),
	dropUnread: () => dropUnread(stdout),
};

function foldersFor(configDir: string | undefined, stateDir: string | undefined) {
	return resolveFolders({configDir, stateDir, env, home: homedir()});
}

async function saveCrash(details: string): Promise<string | undefined> {
	const {stateDir} = foldersFor(undefined, undefined);
	const file = path.join(stateDir, `crash-${new Date().toISOString().replaceAll(':', '')}.txt`);
	try {
		await mkdir(stateDir, {recursive: true, mode: 0o700});
		await writeFile(file, details, {mode: 0o600});
		return file;
	} catch {
		return undefined;
	}
}

/** A reader that leaves early (`| head`) or a terminal that is closed ends the output, and is no error. */
const goneCodes: readonly unknown[] = ['EPIPE', 'EIO'];
const unwrittenExitCode = 70;
let isUnwritten = false;

let isTerminalGone = false;
for (const stream of [stdin, stdout, stderr]) {
	stream.on('error', ({code}: NodeJS.ErrnoException) => {
		isTerminalGone ||= code === 'EIO';
	});
}

stdout.on('error', (error: NodeJS.ErrnoException) => {
	if (goneCodes.includes(error.code) || isUnwritten) {
		return;
	}

	isUnwritten = true;
	process.exitCode = unwrittenExitCode;
	stderr.write(`xmrtop: stdout cannot be written: ${error.message}\n`);
});
// Nobody is left to be told.
stderr.on('error', () => {});

// Not awaited here: a start without top-level await can be a plain script, whose compiled code can be kept (scripts/gather-core.js).
void runProgram(process.argv.slice(2), surroundings, saveCrash).then(code => {
	process.exitCode = isUnwritten ? unwrittenExitCode : code;
	if (isTerminalGone) {
		// Node.js aborts when it cannot restore a terminal at its end: better to end as what a closed terminal ends.
		process.removeAllListeners('SIGHUP');
		process.kill(process.pid, 'SIGHUP');
	}
});
