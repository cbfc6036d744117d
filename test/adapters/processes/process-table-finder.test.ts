import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {NetworkView} from '../../../source/adapters/processes/network-view.js';
import {openWalletFinder} from '../../../source/adapters/processes/process-table.js';
import type {LiveProcess} from '../../../source/domain/ports.js';

/** A process of the simulated machine. */
interface FakeProcess {
	readonly pid: number;
	readonly argv: readonly string[];
	/** Default: the namespace of xmrtop. */
	readonly namespace?: string;
	/** Addresses it listens on. */
	readonly listens?: readonly string[];
	/** Whether this user may not read its files. */
	readonly isHidden?: boolean;
	readonly uid?: number;
}

const wallet = (
	pid: number,
	port: number,
	rest: Partial<FakeProcess> & {readonly args?: readonly string[]} = {},
): FakeProcess => ({
	pid,
	argv: ['monero-wallet-rpc', '--wallet-dir', '/w', '--rpc-bind-port', String(port), ...(rest.args ?? [])],
	...rest,
});

const socketOf = (address: string) => {
	const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
	return {address: host, port: Number(port)};
};

/**
 * A finder on a simulated machine whose own namespace is `own`; 10.9.0.2 belongs to `box`, 10.9.0.9 to two other
 * namespaces.
 */
function finderOf(processes: readonly FakeProcess[], onList = () => {}) {
	const processOf = ({pid, argv}: FakeProcess): LiveProcess => ({
		pid,
		argv,
		started_at: '2026-11-01T00:00:00.000Z',
		start_ticks: pid,
		stopped: false,
	});
	const named = (pid: number) => processes.find(process => process.pid === pid);
	const inodes = ({listens = []}: FakeProcess) => listens.map(address => `inode ${address}`);
	const spaceOf = ({namespace = 'own'}: FakeProcess) => namespace;
	const network: NetworkView = {
		namespaceOf: pid => spaceOf(named(pid) ?? wallet(0, 0)),
		namespaceOfHost: host =>
			/^(?:127\.|::1$|localhost$|0\.0\.0\.0$)/.test(host) ? 'own' : host === '10.9.0.2' ? 'box' : undefined,
		listening: (namespace, port) =>
			processes
				.filter(process => spaceOf(process) === namespace)
				.flatMap(({listens = [], uid = 0}) =>
					listens.map(address => ({...socketOf(address), uid, inode: `inode ${address}`})),
				)
				.filter(socket => port === undefined || socket.port === port),
		listenerAt: () => undefined,
		socketsOf: pid => {
			const process = named(pid);
			return process && !process.isHidden ? new Set(inodes(process)) : undefined;
		},
		holdersOf: async (inode, namespace) =>
			processes
				.filter(process => !process.isHidden && spaceOf(process) === namespace && inodes(process).includes(inode))
				.map(({pid}) => pid),
		uidOf: pid => named(pid)?.uid ?? 0,
	};
	return openWalletFinder({
		inspect: async pid => {
			const process = named(pid);
			return process ? {kind: 'alive', process: processOf(process)} : {kind: 'gone'};
		},
		listWallets: async () => {
			onList();
			return processes.filter(({argv}) => /monero-wallet-rpc|--wallet-dir/.test(argv.join(' '))).map(processOf);
		},
		network,
	});
}

const port = 18_082;
const dockerProxy: FakeProcess = {
	pid: 7,
	argv: [
		'/usr/bin/docker-proxy',
		'-proto',
		'tcp',
		'-host-port',
		'18082',
		'-container-ip',
		'10.9.0.2',
		'-container-port',
		'18083',
	],
	listens: ['0.0.0.0:18082'],
};
const program = (name: string, args: readonly string[] = [], listens = ['127.0.0.1:18082']): FakeProcess => ({
	pid: 7,
	argv: [name, ...args],
	listens,
});

describe('finding the wallet of an address', () => {
	const rows: ReadonlyArray<
		readonly [what: string, processes: readonly FakeProcess[], found: number | RegExp, host?: string]
	> = [
		['by its socket', [wallet(3, port, {listens: ['127.0.0.1:18082']})], 3],
		['by its socket, even when its arguments name another port', [wallet(3, 1, {listens: ['127.0.0.1:18082']})], 3],
		['by its arguments while no process listens', [wallet(3, port)], 3],
		[
			'in a container, by the address of the container',
			[wallet(3, port), wallet(4, port, {namespace: 'box', listens: ['0.0.0.0:18082']})],
			4,
			'10.9.0.2',
		],
		[
			'not in a container, for a node of this machine',
			[wallet(4, port, {namespace: 'box'})],
			/: pid 4 uses that port in another network namespace$/,
		],
		[
			'not on this machine, for a node in a container',
			[wallet(3, port, {listens: ['0.0.0.0:18082']})],
			/: pid 3 uses that port in another network namespace$/,
			'10.9.0.2',
		],
		[
			'at an address that two namespaces have: none',
			[wallet(3, port, {namespace: 'vpn'})],
			/^10\.9\.0\.9 is not this machine$/,
			'10.9.0.9',
		],
		[
			'of two in other namespaces: none',
			[wallet(3, port, {namespace: 'a'}), wallet(4, port, {namespace: 'b'})],
			/in another network namespace$/,
		],
		['the later of two with the same arguments', [wallet(3, port), wallet(4, port)], 4],
		[
			'of two with different arguments: none',
			[wallet(3, port), wallet(4, port, {args: ['--stagenet']})],
			/^pids 3, 4 were all started for port 18082/,
		],
		[
			'of two with different arguments: the one that listens',
			[wallet(3, port, {listens: ['127.0.0.1:18082']}), wallet(4, port, {args: ['--stagenet']})],
			3,
		],
		[
			'of two addresses, the requested one',
			[
				wallet(3, port, {listens: ['127.0.0.1:18082']}),
				wallet(4, port, {listens: ['127.0.0.2:18082'], args: ['--rpc-bind-ip=127.0.0.2']}),
			],
			4,
			'127.0.0.2',
		],
		[
			'not one that listens at another address',
			[wallet(4, port, {listens: ['127.0.0.2:18082'], args: ['--rpc-bind-ip=127.0.0.2']})],
			/: pid 4 uses that port at another address$/,
		],
		[
			'not one whose arguments name another address',
			[wallet(4, port, {args: ['--rpc-bind-ip=127.0.0.2']})],
			/at another address$/,
		],
		[
			'not one that listens on another address, even when its arguments fit',
			[wallet(4, port, {listens: ['127.0.0.1:18099']})],
			/at another address$/,
		],
		['bound to every address', [wallet(4, port, {listens: ['0.0.0.0:18082']})], 4, '127.0.0.3'],
		['bound to every IPv6 address, by an IPv4 address', [wallet(4, port, {listens: [':::18082']})], 4],
		['not by IPv6 when bound to IPv4', [wallet(4, port, {listens: ['0.0.0.0:18082']})], /at another address$/, '::1'],
		['by a name of loopback', [wallet(4, port, {listens: ['::1:18082']})], 4, 'localhost'],
		[
			'behind docker-proxy, on another port there',
			[dockerProxy, wallet(4, 18_083, {namespace: 'box', listens: ['0.0.0.0:18083']})],
			4,
		],
		[
			'behind docker-proxy, while it starts',
			[dockerProxy, wallet(4, 18_083, {namespace: 'box', args: ['--rpc-bind-ip=0.0.0.0']})],
			4,
		],
		[
			'not behind docker-proxy when another container has the port',
			[dockerProxy, wallet(4, 18_083, {namespace: 'box2', listens: ['0.0.0.0:18083']})],
			/^port 18082 is used by docker-proxy \(pid 7\)$/,
		],
		[
			'not another process whose arguments name the port of docker-proxy',
			[dockerProxy, wallet(4, port)],
			/^port 18082 is used by docker-proxy \(pid 7\)$/,
		],
		[
			'behind socat on this machine',
			[
				program('socat', ['TCP-LISTEN:18082,fork', 'TCP4:127.0.0.1:18083']),
				wallet(4, 18_083, {listens: ['127.0.0.1:18083']}),
			],
			4,
		],
		[
			'not through a socat that forwards to itself',
			[program('socat', ['TCP-LISTEN:18082,fork', 'TCP:127.0.0.1:18082'])],
			/used by socat/,
		],
		[
			'not behind ssh, which ends on another machine',
			[
				program('ssh', ['-L', '18082:127.0.0.1:18083', 'h']),
				wallet(4, 18_083, {listens: ['127.0.0.1:18083']}),
				wallet(5, port),
			],
			/^port 18082 is used by ssh \(pid 7\)$/,
		],
		[
			'not behind nginx',
			[program('nginx: master process'), wallet(4, port)],
			/^port 18082 is used by nginx \(pid 7\)$/,
		],
		[
			'not monerod with its own --rpc-bind-port',
			[program('monerod', ['--rpc-bind-port', '18082']), wallet(4, port)],
			/^port 18082 is used by monerod \(pid 7\)$/,
		],
		[
			'of any name, by its socket and the options of a wallet',
			[program('payd', ['--wallet-file=/w', '--rpc-bind-port', '18082'])],
			7,
		],
		[
			'of any name, by its options while no process listens',
			[program('payd', ['--wallet-dir=/w', '--rpc-bind-port', '18082'], [])],
			7,
		],
		[
			'not a program that only has a wallet in its arguments',
			[program('sh', ['-c', 'monero-wallet-rpc --wallet-dir /w --rpc-bind-port 18082'])],
			/^port 18082 is used by sh \(pid 7\)$/,
		],
		[
			'of another user, when that user owns the socket',
			[wallet(4, port, {isHidden: true, uid: 5, listens: ['127.0.0.1:18082']})],
			4,
		],
		[
			'not of another user than the owner of the socket',
			[
				{pid: 9, argv: ['x'], isHidden: true, uid: 0, listens: ['127.0.0.1:18082']},
				wallet(4, port, {isHidden: true, uid: 5}),
			],
			/^port 18082 is used by a process that is not visible from here/,
		],
		[
			'not one with visible sockets when a hidden process listens',
			[{pid: 9, argv: ['x'], isHidden: true, uid: 5, listens: ['127.0.0.1:18082']}, wallet(4, port, {uid: 5})],
			/not visible from here/,
		],
		['none at all', [], /^no monero-wallet-rpc for port 18082 was found on this machine$/],
	];
	for (const [what, processes, expected, host = '127.0.0.1'] of rows) {
		it(what, async () => {
			const finder = finderOf(processes);
			const found = await finder.findByRpcPort(host, port);
			if (typeof expected === 'number') {
				assert.equal(found.pid, expected, JSON.stringify(found));
				assert.equal(await finder.servesRpcPort(expected, host, port), true);
			} else {
				assert.equal(found.pid, undefined, JSON.stringify(found));
				assert.match(found.pid === undefined ? found.reason : '', expected);
				for (const {pid, argv} of processes.filter(({argv}) => argv.length > 1 && !argv.includes('--stagenet'))) {
					const isTwin = /^pids /.test(found.pid === undefined ? found.reason : '');
					assert.equal(await finder.servesRpcPort(pid, host, port), isTwin, argv.join(' '));
				}
			}
		});
	}

	it('checks one process without listing all', async () => {
		const finder = finderOf([wallet(3, port), wallet(4, 18_083, {namespace: 'box'})], () =>
			assert.fail('the list is not read'),
		);
		assert.equal(await finder.servesRpcPort(3, '127.0.0.1', port), true);
		assert.equal(await finder.servesRpcPort(3, '127.0.0.1', 1), false);
		assert.equal(await finder.servesRpcPort(4, '127.0.0.1', port), false);
		assert.equal(await finder.servesRpcPort(99, '127.0.0.1', port), false);
	});
});

describe('finding the process that listens on a port', () => {
	it('reports its name, and whether it is a wallet', async () => {
		assert.deepEqual(await finderOf([dockerProxy]).listenerOf('127.0.0.1', port), {
			pid: 7,
			program: 'docker-proxy',
			isWallet: false,
		});
		const {listenerOf} = finderOf([wallet(3, port, {listens: ['127.0.0.1:18082']})]);
		assert.deepEqual(await listenerOf('127.0.0.1', port), {pid: 3, program: 'monero-wallet-rpc', isWallet: true});
		assert.equal(await listenerOf('127.0.0.1', 1), undefined);
		assert.equal(await listenerOf('192.0.2.1', port), undefined);
	});

	it('prefers the wallet when its launcher holds the same socket', async () => {
		const launcher: FakeProcess = {pid: 1, argv: ['systemd'], listens: ['127.0.0.1:18082']};
		const {listenerOf} = finderOf([launcher, wallet(30, port, {listens: ['127.0.0.1:18082']})]);
		assert.equal((await listenerOf('127.0.0.1', port))?.pid, 30);
	});
});

describe('what a process may serve, by its arguments alone', () => {
	it('is reported only from the namespace of xmrtop and from the flag', async () => {
		const processes = [wallet(3, port), wallet(4, port, {namespace: 'box'})];
		const {mayServe} = finderOf(processes);
		const [here, there] = processes.map(({pid, argv}) => ({
			pid,
			argv,
			started_at: '2026-11-01T00:00:00.000Z',
			stopped: false,
		})) as [LiveProcess, LiveProcess];
		assert.equal(await mayServe(here, '127.0.0.1', port), true);
		assert.equal(await mayServe(here, '127.0.0.1', 1), undefined);
		assert.equal(await mayServe(there, '127.0.0.1', port), undefined);
		assert.equal(await mayServe(there, '10.9.0.2', port), true);
		assert.equal(await mayServe(here, '192.0.2.1', port), undefined);
	});
});
