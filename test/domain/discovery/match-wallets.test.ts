import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import {describeWallet} from '../../../source/domain/discovery/describe-wallet.js';
import {addability, matchWallets} from '../../../source/domain/discovery/match-wallets.js';
import type {Node} from '../../../source/domain/node/node.js';
import {parseNodeDefinition} from '../../../source/domain/node/parse-node.js';
import type {NodeState} from '../../../source/domain/past/node-state.js';
import type {RunningWallet} from '../../../source/domain/ports.js';

function wallet(
	flags: string,
	identity: {readonly pid?: number; readonly unit?: string; readonly start_ticks?: number} = {},
): RunningWallet {
	const argv = ['monero-wallet-rpc', '--disable-rpc-login', ...flags.split(' ')];
	const process = {pid: 7, started_at: '2026-11-23T20:00:00.000Z', ...identity, argv, stopped: false};
	return describeWallet({process, right: 'run as root'}, renderRemedy).wallet;
}

/** A wallet in a container whose address is 172.17.0.2. */
function contained(flags: string, pid = 7): RunningWallet {
	return {...wallet(flags, {pid}), network_addresses: ['172.17.0.2']};
}

function node(id: number, definition: object): Node {
	return {id, ...parseNodeDefinition({name: `node-${id}`, port: 18_083, ...definition}, 'test')};
}

function match(
	wallets: readonly RunningWallet[],
	nodes: readonly Node[] = [],
	nodeStates: Readonly<Record<number, NodeState>> = {},
) {
	const isLocalHost = (host: string) => /^(?:127\.|::1$|localhost|10\.0\.0\.9)/.test(host);
	return matchWallets(wallets, {nodes, recall: id => nodeStates[id], isLocalHost});
}

describe('the name for a new node', () => {
	const port = '--rpc-bind-port 18083';
	const rows: ReadonlyArray<readonly [name: string, flags: string, unit?: string]> = [
		['refunds', port, 'wallet@refunds.service'],
		['refunds', `${port} --wallet-file /w/other`, 'wallet@refunds.service'],
		['my-shop', port, 'wallet@my\\x2dshop.service'],
		['monero-wallet-rpc', port, 'monero-wallet-rpc.service'],
		['customers', `${port} --wallet-file /w/customers`],
		['customers', `${port} --wallet-file=/w/customers.keys`],
		['my-wallet', `${port} --wallet-file=/w/my\u00E9wallet`],
		['wallet-2024', `${port} --wallet-file /w/2024`],
		['wallet-status', `${port} --wallet-file /w/status`],
		['wallet-run', `${port} --wallet-file /w/run`],
		['hidden', `${port} --wallet-file /w/.hidden`],
		['port-18083', `${port} --wallet-file /w/---`],
		['port-18083', `${port} --wallet-dir /w/wallets`],
		['pid-7', '--offline'],
	];
	for (const [name, flags, unit] of rows) {
		it(`${flags} ${unit ?? ''}: ${name}`, () => {
			const [found] = match([wallet(flags, unit === undefined ? {} : {unit})]);
			assert.equal(found?.name, name);
			assert.doesNotThrow(() => parseNodeDefinition({name, port: 1}, 'test'));
		});
	}

	it('is unique and says what the node is', () => {
		const names = match(
			[
				wallet('--rpc-bind-port 1 --wallet-file /a/w', {pid: 1}),
				wallet('--rpc-bind-port 2 --wallet-file /b/w', {pid: 2}),
				wallet('--rpc-bind-port 2 --wallet-file /b/w', {pid: 3}),
			],
			[node(1, {name: 'port-9'})],
		).map(({name}) => name);
		assert.deepEqual(names, ['w', 'w-2', 'w-3']);
	});

	it('is not the name of a folder that several wallets share', () => {
		const names = match([
			wallet('--rpc-bind-port 1 --wallet-dir /srv/shop', {pid: 1}),
			wallet('--rpc-bind-port 2 --wallet-dir /srv/shop', {pid: 2}),
			wallet('--rpc-bind-port 3 --wallet-dir /srv/own', {pid: 3}),
		]).map(({name}) => name);
		assert.deepEqual(names, ['port-1', 'port-2', 'own']);
	});

	it('is not the unit name when the unit runs several wallets', () => {
		const unit = 'runner.service';
		const names = match([
			wallet('--rpc-bind-port 1', {pid: 1, unit}),
			wallet('--rpc-bind-port 2 --wallet-file w', {pid: 2, unit}),
		]).map(({name}) => name);
		assert.deepEqual(names, ['port-1', 'w']);
	});
});

it('of two wallets for one address, only the first can be added', () => {
	const found = match([wallet('--rpc-bind-port 1', {pid: 1}), wallet('--rpc-bind-port 1', {pid: 2})]);
	assert.deepEqual(
		found.map(({obstacles}) => obstacles),
		[[], ['pid 1 was started for the same address']],
	);
});

describe('matches a running wallet with a configured node', () => {
	const identity = {pid: 9, start_ticks: 5, started_at: '2026-11-23T20:00:00.000Z'};
	const moved = '--rpc-bind-port 18085';
	const rows: ReadonlyArray<readonly [by: string, RunningWallet, Node, NodeState?]> = [
		['by its port', wallet('--rpc-bind-port 18083'), node(1, {})],
		['by its port, at a name of this machine', wallet('--rpc-bind-port 18083'), node(1, {host: 'localhost'})],
		[
			'by its port, listening on every address',
			wallet('--rpc-bind-port 18083 --rpc-bind-ip 0.0.0.0'),
			node(1, {host: '10.0.0.9'}),
		],
		['by its configured pid', wallet(moved, {pid: 9}), node(1, {pid: 9})],
		['by its remembered process', wallet(moved, {pid: 9, start_ticks: 5}), node(1, {}), {process: identity}],
		[
			'by its remembered unit',
			wallet(moved, {unit: 'a@b.service'}),
			node(1, {}),
			{process: {...identity, unit: 'a@b.service'}},
		],
		['by the name of its unit', wallet(moved, {unit: 'a@b.service'}), node(1, {name: 'b'})],
		['by the name of its wallet', wallet(`${moved} --wallet-file w`), node(1, {name: 'w'})],
	];
	for (const [by, running, known, nodeState] of rows) {
		it(by, () => {
			const [found] = match([running], [node(5, {port: 1}), known], nodeState ? {1: nodeState} : {});
			assert.equal(found?.node?.id, 1);
			assert.equal(found.name, known.name);
		});
	}

	const strangers: ReadonlyArray<readonly [why: string, RunningWallet, Node, NodeState?]> = [
		['another machine has the port', wallet('--rpc-bind-port 18083'), node(1, {host: '192.0.2.1'})],
		['the pid was reused', wallet(moved, {pid: 9, start_ticks: 6}), node(1, {}), {process: identity}],
		['another port', wallet(moved), node(1, {})],
	];
	for (const [why, running, known, nodeState] of strangers) {
		it(`not when ${why}`, () => {
			assert.equal(match([running], [known], nodeState ? {1: nodeState} : {})[0]?.node, undefined);
		});
	}

	it('prefers the stronger evidence', () => {
		const both = [wallet('--rpc-bind-port 18085 --wallet-file b', {pid: 1}), wallet('--rpc-bind-port 18083', {pid: 2})];
		const found = match(both, [node(1, {name: 'b'})]);
		assert.deepEqual(
			found.map(entry => entry.node?.id),
			[undefined, 1],
		);
	});

	it('distinguishes a wallet at another address of this machine', () => {
		const both = [
			wallet('--rpc-bind-port 18083 --rpc-bind-ip 10.0.0.9', {pid: 1}),
			wallet('--rpc-bind-port 18083', {pid: 2}),
		];
		const found = match(both, [node(1, {})]);
		assert.deepEqual(
			found.map(entry => entry.node?.id),
			[undefined, 1],
		);
	});
});

describe('drift', () => {
	const rows: ReadonlyArray<readonly [definition: object, flags: string, drift: string]> = [
		[{}, '--rpc-bind-port 18083', ''],
		[{name: 'w'}, '--rpc-bind-port 18085 --wallet-file w', 'port 18083 -> 18085: --port 18085'],
		[{}, '--rpc-bind-port 18083 --rpc-bind-ip 10.0.0.9', 'host 127.0.0.1 -> 10.0.0.9: --host 10.0.0.9'],
		[{host: '::1'}, '--rpc-bind-port 18083', ''],
		[{host: '::1'}, '--rpc-bind-port 18083 --rpc-bind-ip 10.0.0.9', 'host ::1 -> 10.0.0.9: --host 10.0.0.9'],
		[{daemon: 'localhost:18081'}, '--rpc-bind-port 18083', ''],
		[{daemon: 'h:1'}, '--rpc-bind-port 18083', 'daemon h:1 -> 127.0.0.1:18081: --daemon 127.0.0.1:18081'],
		[{daemon: 'h:1'}, '--rpc-bind-port 18083 --offline', ''],
		[{}, '--rpc-bind-port 18083 --rpc-ssl enabled', 'tls off -> https only: --tls'],
		[{tls: {}}, '--rpc-bind-port 18083 --rpc-ssl disabled', 'tls on -> plain http only: --no-tls'],
		[{tls: {}}, '--rpc-bind-port 18083', ''],
		[{pid: 3}, '--rpc-bind-port 18083', 'pid 3 -> 7: --pid 7'],
		[{login_file: '/old'}, '--rpc-bind-port 18083', ''],
	];
	for (const [definition, flags, expected] of rows) {
		it(`${JSON.stringify(definition)} ${flags}: ${expected}`, () => {
			const [found] = match([wallet(flags)], [node(1, definition)]);
			const drift = (found?.drift ?? []).map(
				({field, was, is, changes}) =>
					`${field} ${was} -> ${is}: ${renderRemedy({kind: 'edit-node', node: 'x', changes}).replace('xmrtop nodes edit x ', '')}`,
			);
			assert.equal(drift.join(), expected);
		});
	}
});

describe('drift of the login', () => {
	const base = wallet('--rpc-bind-port 18083');
	const {definition} = base;
	assert.ok(definition);
	const driftOf = (fields: object, more: Partial<RunningWallet>) =>
		match([{...base, ...more}], [node(1, fields)])[0]?.drift.map(({field, was, is}) => [field, was, is]);
	const file = (path: string) => ({definition: {...definition, login_file: path}});

	it('its file replaces another file or none, but not a configured user', () => {
		assert.deepEqual(driftOf({login_file: '/old'}, file('/new')), [['login_file', '/old', '/new']]);
		assert.deepEqual(driftOf({login_file: '/new'}, file('/new')), []);
		assert.deepEqual(driftOf({}, file('/new')), [['login_file', undefined, '/new']]);
		assert.deepEqual(driftOf({username: 'u', password: 'p'}, file('/new')), []);
	});

	it('its user is compared where both are known', () => {
		const user = {username: 'u', password: 'p'};
		assert.deepEqual(driftOf(user, {login_user: 'v'}), [['username', 'u', 'v']]);
		assert.deepEqual(driftOf(user, {login_user: 'u'}), []);
		assert.deepEqual(driftOf(user, {}), []);
		assert.deepEqual(driftOf({}, {login_user: 'v'}), []);
	});

	it('a certificate that can be pinned is part of the correction', () => {
		const tls = (fingerprint?: string) =>
			match(
				[{...base, tls: 'enabled', definition: {...definition, tls: fingerprint === undefined ? {} : {fingerprint}}}],
				[node(1, {})],
			)[0]?.drift[0]?.changes;
		assert.deepEqual([tls(), tls('AA')], [{tls: true}, {'tls.fingerprint': 'AA'}]);
	});
});

describe('whether a wallet can be added', () => {
	const base = wallet('--rpc-bind-port 18083');
	const of = (wallet: RunningWallet, obstacles: readonly string[] = []) =>
		addability({name: 'a', wallet, drift: [], obstacles});
	const login = {...base, needs_login: true, obstacles: ['the password is not known']} as RunningWallet;

	it('as it is, with a login, or not at all', () => {
		assert.equal(of(base), 'addable');
		assert.equal(of(base, ['another node has its name']), 'not-addable');
		assert.equal(of(login, login.obstacles), 'needs-login');
		assert.equal(of(login, [...login.obstacles, 'another']), 'not-addable');
		assert.equal(addability({name: 'a', wallet: base, drift: [], obstacles: [], node: node(1, {})}), 'not-addable');
		const {definition: _, ...unknown} = base;
		assert.equal(of(unknown), 'not-addable');
	});
});

describe('the name of a wallet whose best name is taken', () => {
	const flags = (port: number) => `--rpc-bind-port ${port} --wallet-file /w/shop`;
	it('ends with its port, then with a number, within 64 characters', () => {
		const taken = (...names: readonly string[]) => names.map((name, index) => node(index + 1, {name, port: index + 1}));
		const nameBeside = (...names: readonly string[]) =>
			match([wallet(flags(18_083)), wallet(flags(18_084), {pid: 8})], taken(...names)).map(({name}) => name);
		assert.deepEqual(nameBeside(), ['shop', 'shop-18084']);
		assert.deepEqual(nameBeside('shop-18084'), ['shop', 'shop-2']);
		const long = 'x'.repeat(70);
		const [first, second] = match([
			wallet(`--rpc-bind-port 18083 --wallet-file /w/${long}`),
			wallet(`--rpc-bind-port 18084 --wallet-file /w/${long}`, {pid: 8}),
		]);
		assert.equal(first?.name, 'x'.repeat(64));
		assert.equal(second?.name, `${'x'.repeat(58)}-18084`);
	});
});

describe('a wallet in a container', () => {
	it('prefers the name of its container to that of its file, and its folder to the id of a container', () => {
		const id = 'c'.repeat(64);
		const file = {...contained('--rpc-bind-port 18083 --wallet-file /w/savings'), container: id};
		const folder = {...contained('--rpc-bind-port 18083 --wallet-dir /srv/shop'), container: id};
		const usual = {...contained('--rpc-bind-port 18083 --wallet-dir /wallets'), container: id};
		const names = [{...file, container_name: 'pay'}, file, folder, usual].map(wallet => match([wallet])[0]?.name);
		assert.deepEqual(names, ['pay', 'savings', 'shop', 'c'.repeat(12)]);
	});

	it('does not match a node only because its folder has the same name', () => {
		const [found] = match([wallet('--rpc-bind-port 18085 --wallet-dir /srv/shop')], [node(1, {name: 'shop'})]);
		assert.equal(found?.node, undefined);
		assert.equal(found?.name, 'shop-18085');
	});

	it('matches a node by the name of its unit, also when its folder has the same name', () => {
		const flags = '--rpc-bind-port 18090 --wallet-dir /srv/wallets/shop';
		const [found] = match(
			[wallet(flags, {unit: 'monero-wallet-rpc@shop.service'})],
			[node(1, {name: 'shop', port: 18_082})],
		);
		assert.deepEqual([found?.node?.id, found?.drift[0]?.field], [1, 'port']);
	});

	it('is the node whose container was started again at another address', () => {
		const running = {
			...contained('--rpc-bind-port 18083 --rpc-bind-ip 0.0.0.0'),
			container: 'd'.repeat(64),
			container_name: 'pay',
			definition: {host: '172.17.0.2', port: 18_083, path: '/json_rpc', available: true},
		};
		const known = node(1, {name: 'main', host: '172.17.0.9'});
		const process = {pid: 5, started_at: '2026-11-23T20:00:00.000Z', network_host: '172.17.0.9'};
		for (const seen of [{container: 'd'.repeat(64)}, {container: 'e'.repeat(64), container_name: 'pay'}]) {
			const [found] = match([running], [known], {1: {process: {...process, ...seen}}});
			assert.equal(found?.node?.id, 1);
			assert.deepEqual(found.drift, [
				{field: 'host', was: '172.17.0.9', is: '172.17.0.2', changes: {host: '172.17.0.2'}},
			]);
		}

		const other = {1: {process: {...process, container: 'e'.repeat(64), container_name: 'other'}}};
		assert.equal(match([running], [known], other)[0]?.node, undefined);
	});

	const flags = '--rpc-bind-port 18083 --rpc-bind-ip 0.0.0.0 --daemon-address 172.17.0.1:18081';

	it('is not the node of this machine with the same port', () => {
		const here = node(1, {port: 18_083});
		assert.equal(match([contained(flags)], [here])[0]?.node, undefined);
		const found = match([contained(flags, 7), wallet('--rpc-bind-port 18083', {pid: 8})], [here]);
		assert.deepEqual(
			found.map(({node}) => node?.id),
			[undefined, 1],
		);
	});

	it('is the node at its address', () => {
		const [found] = match([contained(flags)], [node(1, {port: 18_083, host: '172.17.0.2', daemon: '10.0.0.9:18081'})]);
		assert.deepEqual([found?.node?.id, found?.drift], [1, []]);
	});

	it('is the node at its published port, and at its own address too', () => {
		const published = {...contained(flags), inner_port: 18_083};
		assert.equal(match([published], [node(1, {port: 18_083})])[0]?.node?.id, 1);
		assert.equal(match([published], [node(1, {port: 18_083, host: '172.17.0.2'})])[0]?.node?.id, 1);
	});

	it('is named after its container when nothing better is known', () => {
		const container = '3f2a'.repeat(16);
		assert.equal(match([{...contained(flags), container}], [])[0]?.name, '3f2a3f2a3f2a');
	});

	it('is the node of its process, whatever port is published', () => {
		const nodeState = {1: {process: {pid: 7, started_at: '2026-11-23T20:00:00.000Z'}}};
		const [found] = match([contained(flags)], [node(1, {port: 28_083})], nodeState);
		assert.deepEqual([found?.node?.id, found?.drift], [1, []]);
	});
});
