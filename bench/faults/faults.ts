import {existsSync, mkdirSync, rmdirSync, writeFileSync} from 'node:fs';
import {rename} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import type {State} from '../../source/domain/state.js';
import type {Laboratory, LabWallet} from './laboratory.js';

/** What a fault gets to work with. */
export interface FaultContext {
	readonly wallet: LabWallet;
	readonly laboratory: Laboratory;
	/** Sets the situation of the wallet's node and the states a monitor may show from now on. */
	readonly is: (situation: string, allowed: readonly State[]) => void;
	/** A random number of seconds between `from` and `to`, reproducible by the seed. */
	readonly secondsBetween: (from: number, to: number) => number;
}

/** One kind of fault. It sets the allowed states while it runs and leaves the wallet healthy. */
export interface Fault {
	readonly name: string;
	/** The kinds of wallets it can be applied to, the first part of their names. Default: all except those that start slowly. */
	readonly kinds?: readonly string[];
	readonly run: (context: FaultContext) => Promise<void>;
}

const wait = (seconds: number): Promise<void> => delay(seconds * 1000);
/** The states allowed while a wallet starts: its port may still be closed, and then it catches up. */
const starting: readonly State[] = ['busy', 'down', 'degraded', 'up'];

const kill: Fault['run'] = async ({wallet, is, secondsBetween}) => {
	is('killed', ['down']);
	await wallet.process.kill();
	await wallet.process.removeFolder();
	await wait(secondsBetween(20, 40));
	is('starts again', starting);
	await wallet.start();
};

const freeze: Fault['run'] = async ({wallet, is, secondsBetween}) => {
	is('stopped by SIGSTOP', ['down']);
	wallet.process.freeze();
	await wait(secondsBetween(20, 50));
	wallet.process.thaw();
};

const closeWallet: Fault['run'] = async ({wallet, is, secondsBetween}) => {
	is('wallet closed', ['degraded']);
	await wallet.process.call('close_wallet');
	await wait(secondsBetween(20, 50));
	await wallet.process.call('open_wallet', {filename: wallet.name, password: ''});
};

const wrongLogin: Fault['run'] = async ({wallet, is, secondsBetween}) => {
	await restart(wallet, {login: {username: 'monero', password: 'another'}}, () => is('login refused', ['down']));
	await wait(secondsBetween(20, 40));
	await restart(wallet, {}, () => is('starts again', starting));
};

const missingPassword: Fault['run'] = async ({wallet, laboratory, is, secondsBetween}) => {
	const {passwordFile} = laboratory;
	await rename(passwordFile, `${passwordFile}.away`);
	await restart(wallet, {}, () => is('password file missing', ['unknown', 'down']));
	is('password file missing', ['unknown']);
	await wait(secondsBetween(20, 40));
	await rename(`${passwordFile}.away`, passwordFile);
};

const wrongCertificate: Fault['run'] = async ({wallet, laboratory, is, secondsBetween}) => {
	await restart(wallet, {tls: laboratory.wrongCertificate}, () => is('another certificate', ['down']));
	await wait(secondsBetween(20, 40));
	await restart(wallet, {}, () => is('starts again', starting));
};

async function restart(
	wallet: LabWallet,
	changes: Parameters<LabWallet['start']>[0],
	killed: () => void,
): Promise<void> {
	killed();
	await wallet.process.kill();
	await wallet.process.removeFolder();
	await wallet.start(changes);
}

/** The wallet's only RPC thread derives a key for about 10 s, several times. */
const computing: Fault['run'] = async ({wallet, is}) => {
	is('computes', ['busy', 'up', 'degraded']);
	for (let turn = 0; turn < 4; turn += 1) {
		const filename = `${wallet.name}-${Date.now()}`;
		await wallet.process.call('create_wallet', {filename, password: '', language: 'English'}, 300_000);
	}

	await wallet.process.call('open_wallet', {filename: wallet.name, password: ''}, 300_000);
};

const cpuGroup = '/sys/fs/cgroup/cpu';

/** The same under a CPU limit of 0.03 core. */
const throttled: Fault['run'] = async ({wallet, is}) => {
	const group = `${cpuGroup}/xmrtop-faults-${wallet.process.pid}`;
	mkdirSync(group);
	writeFileSync(`${group}/cpu.cfs_quota_us`, '3000');
	writeFileSync(`${group}/cgroup.procs`, String(wallet.process.pid));
	is('computes under a CPU limit of 0.03', ['busy', 'up', 'degraded']);
	const filename = `${wallet.name}-${Date.now()}`;
	const creating = wallet.process.call('create_wallet', {filename, password: '', language: 'English'}, 600_000);
	const created = creating.then(
		() => undefined,
		(error: unknown) => error,
	);
	await wait(70);
	writeFileSync(`${cpuGroup}/cgroup.procs`, String(wallet.process.pid));
	rmdirSync(group);
	const failure = await created;
	if (failure !== undefined) {
		throw failure;
	}

	await wallet.process.call('open_wallet', {filename: wallet.name, password: ''}, 300_000);
};

/** The wallet loads its wallet file for about 10 s before it opens its port. */
const loading: Fault['run'] = async ({wallet, is}) => {
	is('killed', ['down', 'busy']);
	await wallet.process.kill();
	const process = await wallet.startLoading();
	is('loads its wallet', ['busy']);
	while (!(await answers(wallet))) {
		if (process.hasExited()) {
			throw new Error(process.output().slice(0, 300));
		}

		await wait(0.5);
	}

	// Restarts it as before: with a folder of wallets instead of one wallet file.
	is('starts again', starting);
	await process.kill();
	await wallet.start();
};

const answers = (wallet: LabWallet): Promise<boolean> =>
	wallet.process.call('get_version', {}, 1000).then(
		() => true,
		() => false,
	);

const rescan: Fault['run'] = async ({wallet, is}) => {
	is('rescans over a slow line', ['busy', 'degraded', 'up']);
	await wallet.process.call('rescan_blockchain', {}, 600_000);
};

const crashLoop: Fault['run'] = async ({wallet, is, secondsBetween}) => {
	is('crash loop begins', ['down', 'busy', 'up', 'degraded']);
	for (let life = 0; life < 10; life += 1) {
		await wallet.process.kill();
		await wallet.process.removeFolder();
		await wallet.start();
		if (life === 4) {
			is('crash loop', ['down']);
		}

		// Each process lives long enough to be seen by a check: a restart between two checks is not counted.
		await wait(secondsBetween(5, 8));
	}

	// The crash loop ends when the wallet has worked for `crash_loop_within`.
	is('after a crash loop', ['down', 'up']);
	await wait(150);
};

const noRefresh: Fault['run'] = async ({wallet, is, secondsBetween}) => {
	await wallet.process.call('auto_refresh', {enable: false});
	await beStuck('auto_refresh off', is, secondsBetween);
	await wallet.process.call('auto_refresh', {enable: true, period: 20});
};

const deadDaemon: Fault['run'] = async ({wallet, is, secondsBetween}) => {
	await wallet.process.call('set_daemon', {address: '127.0.0.1:9', trusted: true});
	await beStuck('set_daemon to a dead one', is, secondsBetween);
	await wallet.process.call('set_daemon', {address: wallet.definition.daemon, trusted: true});
};

const otherDaemon: Fault['run'] = async ({wallet, laboratory, is, secondsBetween}) => {
	await wallet.process.call('set_daemon', {address: laboratory.otherDaemon.address, trusted: true});
	await beStuck('set_daemon to another', is, secondsBetween);
	await wallet.process.call('set_daemon', {address: wallet.definition.daemon, trusted: true});
	await wallet.process.call('rescan_blockchain', {}, 300_000);
};

async function beStuck(
	situation: string,
	is: FaultContext['is'],
	secondsBetween: FaultContext['secondsBetween'],
): Promise<void> {
	// Blocks arrive every 15 s. The monitor needs a missed block and 90 s without progress to call the wallet stuck.
	is(`${situation}, at first`, ['up', 'degraded']);
	await wait(150);
	is(situation, ['degraded']);
	await wait(secondsBetween(30, 60));
}

const ordinary = ['plain', 'digest', 'file', 'tls', 'relay', 'nginx'] as const;

/** All faults that affect a single wallet. */
export const faults: readonly Fault[] = [
	{name: 'kill', run: kill},
	{name: 'freeze', run: freeze},
	{name: 'close wallet', run: closeWallet},
	{name: 'wrong login', kinds: ['digest'], run: wrongLogin},
	{name: 'missing password', kinds: ['file'], run: missingPassword},
	{name: 'wrong certificate', kinds: ['tls'], run: wrongCertificate},
	{name: 'computing', kinds: ['kdf'], run: computing},
	...(existsSync(`${cpuGroup}/cpu.cfs_quota_us`) || process.getuid?.() === 0
		? [{name: 'throttled', kinds: ['kdf'], run: throttled}]
		: []),
	{name: 'loading', kinds: ['kdf'], run: loading},
	{name: 'slow rescan', kinds: ['relay'], run: rescan},
	{name: 'crash loop', kinds: ['plain'], run: crashLoop},
	{name: 'auto_refresh off', kinds: ['plain'], run: noRefresh},
	{name: 'dead daemon', kinds: ['plain'], run: deadDaemon},
	{name: 'other daemon', kinds: ['plain'], run: otherDaemon},
];

/** Whether a fault can be applied to a wallet. */
export function suits({kinds = ordinary}: Fault, {name}: LabWallet): boolean {
	return kinds.some(kind => name.startsWith(`${kind}-`));
}

/** Makes the daemon of all wallets hang for a while. */
export async function hangDaemon(
	{daemon, wallets}: Laboratory,
	is: (wallet: LabWallet, situation: string, allowed: readonly State[]) => void,
	seconds: number,
): Promise<void> {
	for (const wallet of wallets) {
		is(wallet, 'its daemon hangs', ['degraded', 'down']);
	}

	daemon.freeze();
	await wait(seconds);
	daemon.thaw();
	for (const wallet of wallets) {
		is(wallet, 'its daemon goes on', ['degraded', 'down', 'busy', 'up']);
	}

	await wait(30);
}
