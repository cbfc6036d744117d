import {existsSync, mkdirSync, rmdirSync, writeFileSync} from 'node:fs';
import {rename} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import type {State} from '../../source/domain/state.js';
import type {Laboratory, LabWallet} from './laboratory.js';

/** What a fault is given. */
export interface FaultContext {
	readonly wallet: LabWallet;
	readonly laboratory: Laboratory;
	/** Says what is true of the wallet's node from now on. */
	readonly is: (situation: string, allowed: readonly State[]) => void;
	/** A number of seconds between two, the same for the same seed. */
	readonly secondsBetween: (from: number, to: number) => number;
}

/** One kind of trouble: what happens, what is true meanwhile, and how it ends. It leaves the wallet healthy. */
export interface Fault {
	readonly name: string;
	/** The wallets it can happen to, by the beginning of their names. Default: all but those with a slow start. */
	readonly kinds?: readonly string[];
	readonly run: (context: FaultContext) => Promise<void>;
}

const wait = (seconds: number): Promise<void> => delay(seconds * 1000);
/** A wallet that has just started is catching up, and is shown as starting until its port opens. */
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

/** Its only thread computes a key for some 10 s, again and again. */
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

/** It loads its wallet file for some 10 s before its port opens. */
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

	// It is left as it was: with a folder of wallets.
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

		// No life is so short that it may pass between two looks: what nobody saw is not counted.
		await wait(secondsBetween(5, 8));
	}

	// It counts as working again when it has worked for as long as `crash_loop_within`.
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
	// A block comes every 15 s; a missed one and 90 s without movement are evidence.
	is(`${situation}, at first`, ['up', 'degraded']);
	await wait(150);
	is(situation, ['degraded']);
	await wait(secondsBetween(30, 60));
}

const ordinary = ['plain', 'digest', 'file', 'tls', 'relay', 'nginx'] as const;

/** Every fault that happens to one wallet. */
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

/** Whether a fault can happen to a wallet. */
export function suits({kinds = ordinary}: Fault, {name}: LabWallet): boolean {
	return kinds.some(kind => name.startsWith(`${kind}-`));
}

/** The daemon of every wallet hangs for a while. */
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
