import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {makeSelfSignedCertificate} from '../../source/demo/self-signed-certificate.js';
import {
	type RealDaemon,
	type RealWallet,
	startMonerod,
	startWallet,
	type WalletOptions,
} from '../../test/helpers/real-monero.js';
import {findProgram, freePort, type RealProcess, startProcess} from '../../test/helpers/real-process.js';
import {type SlowRelay, startSlowRelay} from '../../test/helpers/slow-relay.js';

/** One real wallet of the fleet. It can be stopped and restarted on the same port, with the same folder. */
export interface LabWallet {
	readonly name: string;
	/** Its node definition for xmrtop. */
	readonly definition: Readonly<Record<string, unknown>>;
	readonly options: WalletOptions;
	process: RealWallet;
	/** Restarts it after it has stopped, and opens its wallet. */
	readonly start: (changes?: Partial<WalletOptions>) => Promise<void>;
	/** Starts it with its wallet file, so that its port opens only when the wallet is loaded. */
	readonly startLoading: () => Promise<RealProcess>;
}

/** Twelve real wallets, their daemons, and the proxies and relay between them. */
export interface Laboratory {
	readonly wallets: readonly LabWallet[];
	readonly daemon: RealDaemon;
	/** A daemon with a chain of its own. */
	readonly otherDaemon: RealDaemon;
	readonly passwordFile: string;
	readonly wrongCertificate: NonNullable<WalletOptions['tls']>;
	readonly close: () => Promise<void>;
}

/** Enough rounds of key derivation to keep a core busy for about 10 s when a wallet is created or opened. */
export const slowKdfRounds = 80;
/** Length of the daemon's chain in blocks: a rescan over the slow connection takes about half a minute. */
const chainLength = 400;
const slowBytesPerSecond = 10_000;

/** The kind of each wallet. */
const kinds = [
	'plain',
	'plain',
	'plain',
	'digest',
	'file',
	'tls',
	'plain',
	'plain',
	'kdf',
	'kdf',
	'relay',
	'nginx',
] as const;

/** Starts all wallets, daemons and proxies. `close` ends them. */
export async function startLaboratory(): Promise<Laboratory> {
	const folder = await mkdtemp(path.join(tmpdir(), 'xmrtop-faults-'));
	const [daemon, otherDaemon] = await Promise.all([startMonerod(), startMonerod()]);
	for (let height = 0; height < chainLength; height += 50) {
		await daemon.mineBlocks(50);
	}

	await otherDaemon.mineBlocks(10);
	const relay = await startSlowRelay(daemon.port, slowBytesPerSecond);
	const certificate = makeSelfSignedCertificate({commonName: 'wallet'});
	const passwordFile = path.join(folder, 'password');
	await writeFile(passwordFile, 'correct-horse', {mode: 0o600});
	const proxies: RealProcess[] = [];
	const wallets: LabWallet[] = [];
	for (const [index, kind] of kinds.entries()) {
		const name = `${kind}-${index + 1}`;
		const login = {username: 'monero', password: 'correct-horse'};
		const options: WalletOptions = {
			daemon: kind === 'relay' ? relay.address : daemon,
			walletDir: path.join(folder, name),
			port: await freePort(),
			...(kind === 'digest' || kind === 'file' ? {login} : {}),
			...(kind === 'tls' ? {tls: certificate} : {}),
			...(kind === 'kdf' ? {extraArgs: [`--kdf-rounds=${slowKdfRounds}`]} : {}),
		};
		await mkdir(options.walletDir ?? '', {recursive: true});
		const wallet = await startLabWallet(name, options, {
			name,
			port: options.port,
			daemon: kind === 'relay' ? relay.address : daemon.address,
			...(kind === 'digest' ? login : {}),
			...(kind === 'file' ? {username: 'monero', password_file: passwordFile} : {}),
			...(kind === 'tls' ? {tls: {fingerprint: certificate.fingerprint256}} : {}),
		});
		wallets.push(kind === 'nginx' ? await behindNginx(wallet, folder, proxies) : wallet);
	}

	return {
		wallets,
		daemon,
		otherDaemon,
		passwordFile,
		wrongCertificate: makeSelfSignedCertificate({commonName: 'wallet'}),
		close: () => closeAll({wallets, daemons: [daemon, otherDaemon], proxies, relay, folder}),
	};
}

async function startLabWallet(
	name: string,
	options: WalletOptions,
	definition: Readonly<Record<string, unknown>>,
): Promise<LabWallet> {
	const process = await startWallet(options);
	await process.call('create_wallet', {filename: `new-${name}`, password: '', language: 'English'}, 300_000);
	const {key: seed} = (await process.call('query_key', {key_type: 'mnemonic'})) as {readonly key: string};
	// A rescan of a new wallet reads no blocks; a wallet restored from height 0 reads the whole chain.
	const restored = {filename: name, password: '', seed, restore_height: 0};
	await process.call('restore_deterministic_wallet', restored, 300_000);
	const wallet: LabWallet = {
		name,
		definition,
		options,
		process,
		start: async changes => {
			wallet.process = await startWallet({...options, ...changes});
			await wallet.process.call('open_wallet', {filename: name, password: ''}, 300_000);
		},
		startLoading: () =>
			startProcess(
				findProgram('monero-wallet-rpc') ?? 'monero-wallet-rpc',
				[
					'--non-interactive',
					'--disable-rpc-login',
					'--rpc-ssl=disabled',
					'--daemon-ssl=disabled',
					'--no-dns',
					`--daemon-address=${definition.daemon}`,
					`--wallet-file=${path.join(options.walletDir ?? '', name)}`,
					...['--password', ''],
					`--rpc-bind-port=${options.port}`,
					`--log-file=${path.join(options.walletDir ?? '', 'loading.log')}`,
					...(options.extraArgs ?? []),
				],
				{cwd: options.walletDir ?? '', home: options.walletDir ?? ''},
			),
	};
	return wallet;
}

/** Puts nginx in front of a wallet; its node definition then has nginx's port. */
async function behindNginx(wallet: LabWallet, folder: string, proxies: RealProcess[]): Promise<LabWallet> {
	const port = await freePort();
	const home = path.join(folder, 'nginx');
	await mkdir(home, {recursive: true});
	const config = path.join(home, 'nginx.conf');
	const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
	await writeFile(
		config,
		`worker_processes 1; pid ${home}/pid; error_log ${home}/error.log; daemon off; events {}
http { access_log off; ${temporary.map(what => `${what}_temp_path ${home}/${what};`).join(' ')}
 upstream wallet { server 127.0.0.1:${wallet.definition.port}; keepalive 4; }
 server { listen 127.0.0.1:${port}; location / { proxy_pass http://wallet; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`,
	);
	proxies.push(await startProcess(findProgram('nginx') ?? 'nginx', ['-c', config], {cwd: home, home}));
	return Object.assign(wallet, {definition: {...wallet.definition, port}});
}

interface Running {
	readonly wallets: readonly LabWallet[];
	readonly daemons: readonly RealDaemon[];
	readonly proxies: readonly RealProcess[];
	readonly relay: SlowRelay;
	readonly folder: string;
}

async function closeAll({wallets, daemons, proxies, relay, folder}: Running): Promise<void> {
	await Promise.all(wallets.map(({process}) => process.kill().then(process.removeFolder)));
	await Promise.all([...daemons, ...proxies].map(process => process.kill()));
	await Promise.all(daemons.map(({removeFolder}) => removeFolder()));
	relay.close();
	await rm(folder, {recursive: true, force: true});
}
