import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import {
	daemonAddressInOptions,
	describeWallet,
	discoveredRpcPort,
	inferRunningDaemon,
} from '../../../source/domain/discovery/describe-wallet.js';
import {parseWalletOptions} from '../../../source/domain/discovery/wallet-options.js';
import type {WalletProcessFacts} from '../../../source/domain/ports.js';

const argv = (flags: string): readonly string[] => ['monero-wallet-rpc', ...flags.split(' ').filter(Boolean)];
const processWith = (flags: string) =>
	({
		pid: 7,
		started_at: '2026-11-23T20:00:00.000Z',
		argv: argv(flags),
		stopped: false,
	}) as WalletProcessFacts['process'];

/** The wallet that a command line describes, with a port and without a login. */
const described = (flags: string, facts: Partial<WalletProcessFacts> = {}) =>
	describeWallet(
		{
			process: processWith(`--rpc-bind-port 18083 --disable-rpc-login ${flags}`),
			right: 'run as alice or root',
			listeningPorts: [],
			...facts,
		},
		renderRemedy,
	).wallet;

describe('the RPC port', () => {
	const portOf = (flags: string, listeningPorts?: readonly number[], text?: string) =>
		discoveredRpcPort({
			process: processWith(flags),
			...(listeningPorts && {listeningPorts}),
			...(text === undefined ? {} : {config: {text}}),
		});
	for (const [what, port, expected] of [
		['the command line counts more than the port it listens on', portOf('--rpc-bind-port 1', [2]), 1],
		['the file counts less, because it may have changed', portOf('', [2], 'rpc-bind-port=1'), 2],
		['the file counts while it is one of several ports', portOf('', [1, 2], 'rpc-bind-port=1'), 1],
		['the file counts while it is one of none', portOf('', [], 'rpc-bind-port=1'), 1],
		['several other ports leave it to the file', portOf('', [2, 3], 'rpc-bind-port=1'), 1],
		['the only port it listens on', portOf('', [2]), 2],
		['one of several ports is a guess', portOf('', [2, 3]), undefined],
		['nothing is known', portOf(''), undefined],
	] as const) {
		it(`${what}: ${expected}`, () => assert.equal(port, expected));
	}
});

describe('the daemon of a running wallet', () => {
	const infer = (flags: string, {ownNetwork = false, isComplete = true, network = 'mainnet' as const} = {}) =>
		inferRunningDaemon({options: parseWalletOptions(argv(flags)), network, isComplete}, ownNetwork);

	for (const [flags, expected] of [
		['--daemon-address h:18081', {fields: {daemon: 'h:18081'}}],
		['--daemon-address h:1 --daemon-login u:hunter2', {fields: {daemon: 'h:1'}}],
		['--daemon-address h:1 --daemon-ssl enabled', {fields: {daemon: 'https://h:1'}}],
		['--daemon-address h:1 --daemon-ssl-allow-any-cert', {fields: {daemon: 'h:1', daemon_tls: {insecure: true}}}],
		['--offline --daemon-address h:1', {fields: {}}],
		[
			'--daemon-address h:1 --proxy 127.0.0.1:9050',
			{fields: {}, note: 'daemon h:1 is not checked: the wallet reaches it through a proxy'},
		],
		[
			'--daemon-address h:1 --proxy x:y',
			{fields: {}, note: 'daemon h:1 is not checked: the wallet reaches it through a proxy that is not host:port'},
		],
		[
			'--daemon-address h',
			{fields: {}, note: 'its daemon is not checked: its address is not host:port or a URL with a port'},
		],
		[
			'--daemon-address abc.onion:1',
			{fields: {}, note: 'daemon abc.onion:1 is not checked: abc.onion:1 can only be reached through Tor'},
		],
	] as const) {
		it(flags, () => assert.deepEqual(infer(flags), expected));
	}

	it('in its own network is not what the same address is here', () => {
		const note = 'is not checked: the wallet runs in its own network (a container?)';
		for (const host of ['127.0.0.1:1', 'monerod:1']) {
			assert.deepEqual(infer(`--daemon-address ${host}`, {ownNetwork: true}), {
				fields: {},
				note: `daemon ${host} ${note}`,
			});
		}

		assert.deepEqual(infer('--daemon-address 10.0.0.5:1', {ownNetwork: true}), {fields: {daemon: '10.0.0.5:1'}});
		assert.deepEqual(infer('--offline', {ownNetwork: true}), {fields: {}});
	});

	it('is unknown while an option could be in a file that was not read', () => {
		const address = (flags: string, network?: 'mainnet') =>
			daemonAddressInOptions({options: parseWalletOptions(argv(flags)), network, isComplete: false});
		assert.equal(address('--daemon-port 1', 'mainnet'), undefined, 'no host');
		assert.equal(address('--daemon-host h'), undefined, 'no port, no network');
		assert.equal(address('--daemon-host h', 'mainnet')?.port, 18_081);
		assert.equal(address('--daemon-host h --daemon-port 5')?.port, 5);
		assert.equal(address('--daemon-address h'), undefined, 'unreadable');
	});

	for (const [port, expected] of [
		['1', 1],
		['65535', 65_535],
		['65536', undefined],
		['-1', undefined],
		['x', undefined],
		['0', 18_081],
	] as const) {
		it(`at port ${port}: ${expected}`, () => {
			const options = parseWalletOptions(argv(`--daemon-host h --daemon-port ${port}`));
			assert.equal(daemonAddressInOptions({options, network: 'mainnet', isComplete: true})?.port, expected);
		});
	}
});

describe('the certificates of the daemon', () => {
	const pin = 'ab'.repeat(32);
	const address = '--daemon-address h:1';
	const of = (flags: string, facts: Partial<WalletProcessFacts> = {}) => {
		const {definition, notes} = described(`${address} ${flags}`, facts);
		return [definition?.daemon, definition?.daemon_tls, notes.join()] as const;
	};

	it('one pinned fingerprint is taken over, several are not', () => {
		const several = of(`--daemon-ssl-allowed-fingerprints ${pin},${pin}`);
		assert.deepEqual(several.slice(0, 2), ['https://h:1', undefined]);
		assert.match(several[2], /^none of its --daemon-ssl-allowed-fingerprints was imported: pin one with .*fingerprint/);
		assert.match(of('--daemon-ssl-allowed-fingerprints x')[2], /was imported: pin one/);
		assert.equal(of(`--daemon-ssl-allowed-fingerprints ${pin}`)[2], '');
	});

	it('a file of CA certificates is taken over where chains are allowed, else only the fingerprint in it', () => {
		const file = '--daemon-ssl-ca-certificates=/c.pem';
		const [daemon, tls, note] = of(file);
		assert.deepEqual([daemon, tls], ['https://h:1', undefined]);
		assert.match(
			note,
			/^the CA certificates of its daemon were not imported: use .*--daemon-tls-ca-file.*, or pin the daemon's certificate with .*--daemon-tls-fingerprint/,
		);
		assert.deepEqual(of(`${file} --daemon-ssl-allow-chained`), ['https://h:1', {ca_file: '/c.pem'}, '']);
		assert.match(of('--daemon-ssl-ca-certificates=c.pem --daemon-ssl-allow-chained')[2], /were not imported/);
		assert.equal(of(`${file} --daemon-ssl autodetect`)[0], 'h:1', 'the mode is given');
	});
});

describe('the TLS of a wallet', () => {
	it('that is enabled has advice about its certificate, unless it can be pinned', () => {
		const notes = (flags: string, facts: Partial<WalletProcessFacts> = {}) =>
			described(`--offline --rpc-ssl enabled ${flags}`, facts).notes.join();
		assert.match(
			notes(''),
			/^it creates a new certificate at every start: set --rpc-ssl-certificate and pin that certificate with .*--tls-fingerprint/,
		);
		assert.match(
			notes('--rpc-ssl-certificate=/c'),
			/^its certificate is verified with the CA certificates of this system: pin it with .*--tls-fingerprint.* if that fails$/,
		);
		assert.equal(notes('--rpc-ssl-certificate=/c', {pinnableFingerprint: 'AA'}), '');
	});

	it('that asks for a certificate of its clients cannot be checked', () => {
		const obstacle = 'it requires a client certificate, which xmrtop does not support';
		for (const flag of ['--rpc-ssl-ca-certificates=/c', '--rpc-ssl-allowed-fingerprints=x']) {
			assert.deepEqual(described(`--offline ${flag}`).obstacles, [obstacle], flag);
		}

		assert.deepEqual(described('--offline --rpc-ssl enabled').obstacles, []);
	});
});

describe('what could not be read', () => {
	const unreadableIn = (facts: Partial<WalletProcessFacts>, flags = '--rpc-bind-port 18083 --offline') =>
		describeWallet(
			{process: processWith(flags), right: 'run as alice or root', listeningPorts: [], ...facts},
			renderRemedy,
		).unreadable;

	it('is listed with what it needs', () => {
		assert.deepEqual(unreadableIn({loginFile: {kind: 'unreadable', path: '/w/l.login'}}), [
			{pid: 7, what: 'its login file /w/l.login', needs: 'run as alice or root'},
		]);
		const folder = 'its working folder, where it writes monero-wallet-rpc.18083.login';
		assert.deepEqual(unreadableIn({}), [{pid: 7, what: folder, needs: 'run as alice or root'}]);
		const open = '--rpc-bind-port 18083 --offline --disable-rpc-login';
		for (const [isGone, needs] of [
			[true, 'restore the file it was started with'],
			[false, 'run as alice or root'],
		] as const) {
			assert.deepEqual(unreadableIn({config: {unreadable: '/w.conf', isGone}}, open), [
				{pid: 7, what: 'its configuration file /w.conf', needs},
			]);
		}

		assert.deepEqual(unreadableIn({}, open), []);
	});

	it('a port is hidden only where neither the options nor the system show one', () => {
		const hidden = {loginFile: {kind: 'missing'}} as const;
		const seen = (flags: string, facts: Partial<WalletProcessFacts>) =>
			describeWallet({process: processWith(flags), right: 'root', ...facts}, renderRemedy).unreadable;
		assert.deepEqual(seen('--offline', hidden), [{pid: 7, what: 'the port it listens on', needs: 'root'}]);
		assert.deepEqual(seen('--offline', {...hidden, listeningPorts: []}), []);
		assert.deepEqual(seen('--offline --rpc-bind-port 1', hidden), []);
	});
});
