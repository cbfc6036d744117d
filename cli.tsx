#!/usr/bin/env node
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {createSilenceStore} from './source/adapters/alerts/silence-store.js';
import {fileLimits, readInputFile} from './source/adapters/bounded-read.js';
import {openPorts} from './source/adapters/open-ports.js';
import {
	askOn,
	dropUnreadOutput,
	endByHangup,
	isJournalStream,
	onHangupSignal,
	openUnreadStream,
	readStdin,
	saveCrashFile,
	showManual,
	untilExitSignal,
	watchStandardStreams,
} from './source/adapters/own-process/standard-streams.js';

import {
	currentFolder,
	homeFolder,
	optimizeLater,
	readOpenFiles,
	shareOpenFiles,
} from './source/adapters/own-process/system-calls.js';
import {readFileExposure, readSecretFile, savePasswordFile} from './source/adapters/secret-file.js';

import {createNodeStore} from './source/adapters/store/node-store.js';
import {alertsPathInStore, resolveStoreFolders, silencesPathInStore} from './source/adapters/store/paths.js';
import {createResultStore} from './source/adapters/store/result-store.js';
import {version} from './source/application/version.js';
import type {ProgramSurroundings} from './source/cli/command.js';
import {writeNote} from './source/cli/output.js';
import {renderRemedy} from './source/cli/render-remedy.js';
import {runProgram} from './source/cli/run-program.js';

const {stdin, stdout, stderr, env} = process;

/** The composition root: the only place that connects ports with their adapters. */
const surroundings: ProgramSurroundings = {
	stdin,
	stdout,
	stderr,
	env,
	nowMs: Date.now,
	openStores: flags => {
		const folders = foldersFor(flags.text('config-dir'), flags.text('state-dir'));
		return {
			nodeStore: createNodeStore(folders.configDir),
			resultStore: createResultStore(folders.stateDir),
			alertsPath: alertsPathInStore(folders.stateDir),
			silenceStore: createSilenceStore(silencesPathInStore(folders.stateDir)),
		};
	},
	openPorts: flags =>
		openPorts({
			onExchange: flags?.isOn('debug') ? line => writeNote(stderr, `debug: ${line}`) : undefined,
			renderRemedy: remedy => renderRemedy(remedy, flags?.text('config-dir') || undefined),
		}),
	maxHttpConnections: () => shareOpenFiles(readOpenFiles()).clients,
	openRemoteHosts: async (credentials, hosts) => {
		const {openRemoteHosts} = await import('./source/adapters/remote/remote-hosts.js');
		return openRemoteHosts(credentials, hosts, renderRemedy);
	},
	openAlerts: async (flags, options) => {
		const {stateDir} = foldersFor(flags.text('config-dir'), flags.text('state-dir'));
		const {openAlerts} = await import('./source/adapters/alerts/open-alerts.js');
		return openAlerts({alertsPath: alertsPathInStore(stateDir), env, userAgent: `xmrtop/${version}`}, options);
	},
	openViewStore: async flags => {
		const {stateDir} = foldersFor(flags.text('config-dir'), flags.text('state-dir'));
		const {createViewStore} = await import('./source/adapters/store/view-store.js');
		return createViewStore(stateDir);
	},
	savePassword: flags => {
		const {configDir} = foldersFor(flags.text('config-dir'), flags.text('state-dir'));
		return (name, text) => savePasswordFile(configDir, name, text);
	},
	openChannels: async options => {
		const {openChannels} = await import('./source/adapters/alerts/open-alerts.js');
		return openChannels({env, userAgent: `xmrtop/${version}`}, options);
	},
	openHeartbeat: async options => {
		const {openHeartbeat} = await import('./source/adapters/alerts/webhook-channel.js');
		return openHeartbeat(options, `xmrtop/${version}`);
	},
	createServiceNotifier: async onProblem => {
		if (!env.NOTIFY_SOCKET) {
			return undefined;
		}

		const {createServiceNotifier} = await import('./source/adapters/own-process/other-programs.js');
		return createServiceNotifier(env, onProblem);
	},
	readAlerts: async flags => {
		const {stateDir} = foldersFor(flags.text('config-dir'), flags.text('state-dir'));
		const {readAlertsFile} = await import('./source/adapters/alerts/alert-store.js');
		return readAlertsFile(alertsPathInStore(stateDir));
	},
	openAlertsReader: async flags => {
		const {stateDir} = foldersFor(flags.text('config-dir'), flags.text('state-dir'));
		const {createOpenAlertsReader} = await import('./source/adapters/alerts/alert-store.js');
		return createOpenAlertsReader(alertsPathInStore(stateDir));
	},
	runChild: async (command, onOutput) => {
		const {runChild} = await import('./source/adapters/own-process/other-programs.js');
		return runChild(command, onOutput);
	},
	openActionStore: async flags => {
		const {configDir} = foldersFor(flags.text('config-dir'), flags.text('state-dir'));
		const {createActionStore} = await import('./source/adapters/store/list-store.js');
		return createActionStore(configDir);
	},
	openHostStore: async flags => {
		const {configDir} = foldersFor(flags.text('config-dir'), flags.text('state-dir'));
		const {createHostStore} = await import('./source/adapters/store/list-store.js');
		return createHostStore(configDir);
	},
	findWallets: async () => {
		const {findWallets} = await import('./source/adapters/processes/find-wallets.js');
		return findWallets(renderRemedy);
	},
	readFile: readInputFile,
	readSecretFile: async (file, what) => {
		const exposure = readFileExposure(file);
		return {...(await readSecretFile(file, what)), ...(exposure ? {exposure} : {})};
	},
	confirm: async question => /^y(?:es)?$/i.test(await askOn(stdin, stderr, question)),
	ask: (question, isHidden) => askOn(stdin, stderr, question, isHidden),
	showManual: page => showManual(fileURLToPath(new URL(`man/${page}.1`, import.meta.url))),
	openUnread: openUnreadStream,
	readStdin: () => readStdin(stdin, fileLimits.input),
	runScreen: async screen => {
		if (screen.isForScreenReader || env.INK_SCREEN_READER === 'true') {
			const {runForScreenReader} = await import('./source/tui/screen-reader.js');
			await runForScreenReader({...screen, stdin, stdout, nowMs: Date.now});
			return;
		}

		const {runScreen} = await import('./source/tui/run.js');
		await runScreen({...screen, color: screen.color, stdin, stdout, env, nowMs: Date.now});
	},
	startDemo: async nodes => {
		if (stdin.isTTY && stdout.isTTY) {
			// Loading the screen takes as long as starting the fleet, so both are done concurrently.
			import('./source/tui/run.js').catch(() => {});
		}

		const {startDemo} = await import('./source/demo/start.js');
		return startDemo({nodes, entry: fileURLToPath(new URL('demo.js', import.meta.url))});
	},
	untilSignal: untilExitSignal,
	onHangup: onHangupSignal,
	isJournal: () => isJournalStream(1, env),
	dropUnread: () => dropUnreadOutput(stdout),
	optimizeLater,
};

function foldersFor(configDir: string | undefined, stateDir: string | undefined) {
	return resolveStoreFolders({configDir, stateDir, env, home: homeFolder(), cwd: currentFolder()});
}

const streams = watchStandardStreams(process, problem => writeNote(stderr, problem));
const unwrittenExitCode = 70;
// Only at exit is it known whether all output was written.
process.once('exit', () => {
	if (streams.isUnwritten()) {
		process.exitCode = unwrittenExitCode;
	}
});

// Not awaited: without top-level await this can be bundled as a plain script, whose compiled code can be cached (scripts/gather-core.js).
void runProgram(process.argv.slice(2), surroundings, async (details, stateDir) =>
	saveCrashFile(stateDir ?? foldersFor(undefined, undefined).stateDir, details),
).then(code => {
	process.exitCode = code;
	if (streams.isTerminalGone()) {
		endByHangup();
	}
});
