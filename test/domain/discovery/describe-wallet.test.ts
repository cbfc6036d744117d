import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import {describeWallet} from '../../../source/domain/discovery/describe-wallet.js';
import {parseNodeDefinition} from '../../../source/domain/node/parse-node.js';
import type {RunningWallet, WalletProcessFacts} from '../../../source/domain/ports.js';

type Facts = Partial<Omit<WalletProcessFacts, 'process'>>;

const readable = {kind: 'readable', path: '/w/monero-wallet-rpc.18083.login'} as const;

function describeFlags(flags: string, facts: Facts = {}) {
	const argv = ['monero-wallet-rpc', ...flags.split(' ').filter(Boolean)];
	return describeWallet(
		{
			process: {pid: 7, started_at: '2026-11-23T20:00:00.000Z', argv, stopped: false},
			right: 'run as alice or root',
			listeningPorts: [],
			loginFile: {kind: 'missing'},
			...facts,
		},
		renderRemedy,
	);
}

type Definition = NonNullable<RunningWallet['definition']>;

describe('the node definition of a running wallet', () => {
	const open = '--rpc-bind-port 18083 --disable-rpc-login';
	const rows: ReadonlyArray<readonly [flags: string, expected: Partial<Definition>, facts?: Facts]> = [
		[open, {host: '127.0.0.1', port: 18_083, daemon: '127.0.0.1:18081'}],
		[`${open} --testnet`, {daemon: '127.0.0.1:28081'}],
		[`${open} --stagenet`, {daemon: '127.0.0.1:38081'}],
		[`${open} --daemon-host 10.0.0.5`, {daemon: '10.0.0.5:18081'}],
		[`${open} --daemon-host=10.0.0.5 --daemon-port=18089`, {daemon: '10.0.0.5:18089'}],
		[`${open} --daemon-port 0 --testnet`, {daemon: '127.0.0.1:28081'}],
		[`${open} --daemon-address localhost:18089`, {daemon: '127.0.0.1:18089'}],
		[`${open} --daemon-address=http://Node.Example:18081/`, {daemon: 'node.example:18081'}],
		[`${open} --daemon-address node.example:443 --daemon-ssl enabled`, {daemon: 'https://node.example:443'}],
		// Monero takes the first port in a host as its port, and accepts any scheme and path.
		[`${open} --daemon-host 10.0.0.5:18089`, {daemon: '10.0.0.5:18089'}],
		[`${open} --daemon-host 10.0.0.5:18089 --daemon-port 1`, {daemon: '10.0.0.5:18089'}],
		[`${open} --daemon-host [::1] --stagenet`, {daemon: '[::1]:38081'}],
		[`${open} --daemon-address http://10.0.0.5:1/json_rpc`, {daemon: '10.0.0.5:1'}],
		[`${open} --daemon-address tcp://10.0.0.5:1`, {daemon: '10.0.0.5:1'}],
		[`${open} --daemon-address https://h:1`, {daemon: 'https://h:1'}],
		[
			`${open} --daemon-address https://h:1 --daemon-ssl-allow-any-cert`,
			{daemon: 'https://h:1', daemon_tls: {insecure: true}},
		],
		[`${open} --daemon-address h:1 --daemon-ssl-allow-any-cert`, {daemon: 'h:1', daemon_tls: {insecure: true}}],
		[
			`${open} --daemon-address h:1 --daemon-ssl-allowed-fingerprints ${'ab'.repeat(32)}`,
			{daemon: 'https://h:1', daemon_tls: {fingerprint: 'AB:'.repeat(32).slice(0, -1)}},
		],
		[
			`${open} --daemon-address h:1 --daemon-ssl-ca-certificates=/c.pem`,
			{daemon: 'https://h:1', daemon_tls: {fingerprint: 'AB:'.repeat(32).slice(0, -1)}},
			{daemonFingerprint: 'AB:'.repeat(32).slice(0, -1)},
		],
		[
			`${open} --daemon-address h:1 --daemon-ssl-ca-certificates=/c.pem --daemon-ssl-allow-chained`,
			{daemon: 'https://h:1', daemon_tls: {ca_file: '/c.pem'}},
			{daemonFingerprint: 'AA'},
		],
		[`${open} --daemon-address h:1 --daemon-ssl disabled --daemon-ssl-allow-any-cert`, {daemon: 'h:1'}],
		[`${open} --offline`, {}],
		[`${open} --offline --rpc-bind-ip 0.0.0.0`, {host: '127.0.0.1'}],
		[`${open} --offline --rpc-bind-ip=::`, {host: '::1'}],
		[`${open} --offline --rpc-bind-ip 10.0.0.9`, {host: '10.0.0.9'}],
		[`${open} --offline --rpc-ssl disabled`, {}],
		[`${open} --offline --rpc-ssl autodetect`, {}],
		[`${open} --offline --rpc-ssl enabled`, {tls: {}}],
		[
			`${open} --offline --rpc-ssl=enabled --rpc-ssl-certificate=/c`,
			{tls: {fingerprint: 'AA'}},
			{pinnableFingerprint: 'AA'},
		],
		['--rpc-bind-port 18083 --offline', {login_file: readable.path}, {loginFile: readable}],
		[
			'--config-file w.conf',
			{port: 18_090, daemon: '127.0.0.1:28081', host: '10.0.0.9'},
			{config: {text: 'rpc-bind-port=18090\ntestnet=1\nrpc-bind-ip=10.0.0.9\ndisable-rpc-login=1\n'}},
		],
		// The file changed after the start.
		[
			'--config-file w.conf --offline',
			{port: 18_091},
			{config: {text: 'rpc-bind-port=18090'}, listeningPorts: [18_091]},
		],
		['--config-file w.conf --offline', {port: 18_090}, {config: {text: 'rpc-bind-port=18090'}, listeningPorts: []}],
		['--offline', {port: 18_092}, {listeningPorts: [18_092]}],
	];
	for (const [flags, expected, facts] of rows) {
		it(`${flags} ${facts ? JSON.stringify(facts) : ''}`, () => {
			const {definition} = describeFlags(flags, facts).wallet;
			const base = {host: '127.0.0.1', port: 18_083, path: '/json_rpc', available: true};
			assert.deepEqual({...definition, name: 'n'}, {...base, ...expected, name: 'n'});
			if (facts?.pinnableFingerprint === undefined) {
				assert.doesNotThrow(() => parseNodeDefinition({...definition, name: 'n'}, 'test'));
			}
		});
	}

	const withoutDaemon: ReadonlyArray<readonly [flags: string, note: RegExp]> = [
		['--daemon-address h:1 --proxy nonsense:x', /proxy/],
		['--daemon-address h:1 --daemon-login u:hunter2', /--daemon-username and --daemon-password-file/],
		['--daemon-address u:hunter2@h:1', /not host:port/],
		['--daemon-address h', /not host:port or a URL with a port/],
		['--daemon-address zdhkwneu7lfaum2p.onion:18089', /zdhkwneu7lfaum2p\.onion:18089 can only be reached through Tor/],
		['--daemon-host x.b32.i2p', /x\.b32\.i2p:18081 can only be reached through I2P/],
	];
	for (const [flags, note] of withoutDaemon) {
		it(`says why the daemon is left out: ${flags}`, () => {
			const {wallet} = describeFlags(`${open} ${flags}`);
			assert.equal(wallet.definition?.daemon, undefined);
			assert.match(wallet.notes.join(), note);
			assert.deepEqual(wallet.obstacles, []);
			assert.ok(!JSON.stringify(wallet).includes('hunter2'));
		});
	}
});

describe('the login of a wallet', () => {
	const flags = '--rpc-bind-port 18083 --offline';
	const rows: ReadonlyArray<
		readonly [title: string, flags: string, facts: Facts, login: RunningWallet['login'], obstacle?: RegExp]
	> = [
		['none', `${flags} --disable-rpc-login`, {}, 'none'],
		['its file', flags, {loginFile: readable}, 'login_file'],
		[
			'on the command line',
			`${flags} --rpc-login u:hunter2`,
			{},
			'given',
			/^the password is on the command line; xmrtop will not copy it/,
		],
		[
			'shortened',
			`${flags} --rpc-lo=u:hunter2`,
			{},
			'given',
			/^the password is on the command line; xmrtop will not copy it/,
		],
		['without a password', `${flags} --rpc-login hunter2`, {}, 'given', /command line/],
		[
			'in a file',
			'--config-file c',
			{config: {text: 'rpc-bind-port=1\nrpc-login=u:hunter2'}},
			'given',
			/^the password is in the configuration file; xmrtop will not copy it/,
		],
		['probably in the environment', flags, {}, 'given', /RPC_LOGIN/],
		[
			'in a file that is not readable',
			flags,
			{loginFile: {...readable, kind: 'unreadable'}},
			'login_file',
			/cannot read/,
		],
		['in a container', flags, {loginFile: {...readable, kind: 'elsewhere'}}, 'login_file', /container/],
		['a link', flags, {loginFile: {...readable, kind: 'foreign'}}, undefined, /does not belong to the wallet's user/],
		['in a folder that is not visible', flags, {loginFile: {kind: 'folder_hidden'}}, undefined, /cannot access/],
	];
	for (const [title, line, facts, login, obstacle] of rows) {
		it(title, () => {
			const described = describeFlags(line, facts);
			assert.equal(described.wallet.login, login);
			assert.equal(described.wallet.obstacles.length, obstacle ? 1 : 0);
			assert.match(described.wallet.obstacles.join(), obstacle ?? /^$/);
			assert.ok(!JSON.stringify(described).includes('hunter2'));
		});
	}

	it('names the user of a given login, and no password', () => {
		const {wallet} = describeFlags(`${flags} --rpc-login ops:hunter2:x`);
		assert.equal(wallet.login_user, 'ops');
		assert.match(wallet.cmdline, /--rpc-login \*\*\*$/);
	});
});

describe('facts that could not be read', () => {
	it('none when the command line gives everything', () => {
		const {unreadable, wallet} = describeFlags('--rpc-bind-port 1 --disable-rpc-login', {
			loginFile: {kind: 'folder_hidden'},
		});
		assert.deepEqual([unreadable, wallet.obstacles], [[], []]);
	});

	it('a configuration file: does not guess what only the file says', () => {
		const {listeningPorts: _, ...hidden} = {listeningPorts: undefined, loginFile: {kind: 'folder_hidden'} as const};
		const described = describeWallet(
			{
				process: {pid: 7, started_at: '2026-11-23T20:00:00.000Z', argv: ['w', '--config-file', 'c'], stopped: false},
				right: 'run as alice or root',
				config: {unreadable: 'c (permission denied)', isGone: false},
				...hidden,
			},
			renderRemedy,
		);
		const {definition, network, login, tls, obstacles} = described.wallet;
		assert.deepEqual(
			{definition, network, login, tls},
			{definition: undefined, network: undefined, login: undefined, tls: undefined},
		);
		assert.deepEqual(obstacles, ['its RPC port is unknown', 'whether it requires a login is unknown']);
		assert.deepEqual(described.unreadable, [
			{pid: 7, what: 'its configuration file c (permission denied)', needs: 'run as alice or root'},
			{pid: 7, what: 'the port it listens on', needs: 'run as alice or root'},
		]);
	});

	it('its working folder, which holds its login file', () => {
		const {unreadable} = describeFlags('--rpc-bind-port 18083', {loginFile: {kind: 'folder_hidden'}});
		assert.deepEqual(unreadable, [
			{
				pid: 7,
				what: 'its working folder, where it writes monero-wallet-rpc.18083.login',
				needs: 'run as alice or root',
			},
		]);
	});
});

it('a wallet in another network namespace, or one that requires client certificates, cannot be added', () => {
	const flags = '--rpc-bind-port 1 --disable-rpc-login --rpc-ssl-allowed-fingerprints=AA';
	const {wallet} = describeFlags(flags, {ownNetwork: true});
	assert.equal(wallet.tls, 'enabled');
	assert.match(wallet.obstacles.join(' | '), /its own network.* \| .*requires a client certificate/);
});

const contained = '--rpc-bind-port 18082 --rpc-bind-ip 0.0.0.0 --disable-rpc-login --rpc-ssl disabled';

it('in another network namespace: reached by the published port, else by its address there', () => {
	const network = {ownNetwork: true, networkAddresses: ['fe80::1', '172.17.0.2']};
	const published = {host: '0.0.0.0', port: 28_082, innerHost: '172.17.0.2', innerPort: 18_082};
	const place = (flags: string, facts: object) => {
		const {definition, inner_port, obstacles, notes} = describeFlags(flags, {...network, ...facts}).wallet;
		const noted = notes.find(note => note.startsWith('it runs in'));
		return [definition && `${definition.host}:${definition.port}`, inner_port, obstacles.length, noted];
	};
	const inside = 'it runs in its own network (a container?), where its port is 18082; from here it is reached at ';
	assert.deepEqual(place(contained, {}), [
		'172.17.0.2:18082',
		undefined,
		0,
		`${inside}172.17.0.2:18082, by the address of that network`,
	]);
	assert.deepEqual(place(contained, {publishedPorts: [published]}), [
		'127.0.0.1:28082',
		18_082,
		0,
		`${inside}127.0.0.1:28082, by its published port`,
	]);
	const others = [
		{...published, innerHost: '172.17.0.3'},
		{...published, innerPort: 1},
	];
	assert.equal(place(contained, {publishedPorts: others})[0], '172.17.0.2:18082', "another container's");
	const loopback = contained.replace('0.0.0.0', '127.0.0.1');
	assert.deepEqual(place(loopback, {publishedPorts: [published]}).slice(1, 3), [undefined, 1], 'its own loopback');
});

it('in another network namespace, a loopback daemon is not the one of this machine', () => {
	const facts = {ownNetwork: true, networkAddresses: ['172.17.0.2']};
	const {wallet} = describeFlags(`${contained} --daemon-address 127.0.0.1:18081`, facts);
	assert.equal(wallet.definition?.daemon, undefined);
	assert.match(wallet.notes.join(), /its daemon was not added/);
	const remote = describeFlags(`${contained} --daemon-address 10.0.0.5:18081`, facts);
	assert.equal(remote.wallet.definition?.daemon, '10.0.0.5:18081');
});

it('removes control characters from paths', () => {
	const {wallet} = describeFlags('--rpc-bind-port 1 --wallet-file=/w/\u001B[31mred\u202E');
	assert.equal(wallet.wallet_file, '/w/red');
});
