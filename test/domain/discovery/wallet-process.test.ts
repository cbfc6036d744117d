import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseWalletOptions} from '../../../source/domain/discovery/wallet-options.js';
import {
	configFileInArgv,
	isStartedAsWallet,
	isWalletProgram,
	parsePid,
	programName,
	rpcBindPortInArgv,
	rpcPortInOptions,
	walletArgv,
} from '../../../source/domain/discovery/wallet-process.js';

describe('isWalletProgram', () => {
	const rows: ReadonlyArray<readonly [argv0: string, executable: string | undefined, isWallet: boolean]> = [
		['monero-wallet-rpc', undefined, true],
		['/opt/my folder/monero-wallet-rpc', undefined, true],
		['wallet', '/usr/bin/monero-wallet-rpc', true],
		['C:\\Monero\\monero-wallet-rpc.exe', undefined, true],
		['monero-wallet-cli', '/usr/bin/monero-wallet-cli', false],
		['monero-wallet-rpc.sh', '/bin/sh', false],
		['/srv/monero-wallet-rpc/nginx', undefined, false],
		['', undefined, false],
		...[
			'monero-wallet-rpc-v2',
			'monero-wallet-rpc-0.18.4.1',
			'monero-wallet-rpc_v0.18.3.4-linux-x64',
			'monero-wallet-rpc.old',
			'monero-wallet-rpc-v0.18.5.0-a1b2c3d4e',
			'.monero-wallet-rpc-wrapped',
			'.monero-wallet-rpc-wrapped_1',
			'monero-wallet-rpc-x86_64.AppImage',
			'/nix/store/0abc-monero-cli-0.18/bin/monero-wallet-rpc',
			'/tmp/.mount_monero1a2B/usr/bin/monero-wallet-rpc',
		].map(name => [name, undefined, true] as const),
		...[
			'monero-wallet-rpc.log',
			'monero-wallet-rpc.conf',
			'monero-wallet-rpc.18083.login',
			'monero-wallet-rpc-exporter',
			'monero-wallet-rpc-healthcheck.py',
			'monero-wallet-rpcx',
			'not-monero-wallet-rpc',
			'monero-wallet-rpc --rpc-login a:b',
			'monero-wallet-rpc-hot',
		].map(name => [name, '/usr/bin/other', false] as const),
	];
	for (const [argv0, executable, isWallet] of rows) {
		it(`${argv0} ${executable ?? ''}: ${isWallet}`, () => {
			assert.equal(isWalletProgram({argv: [argv0, '--x'], ...(executable ? {executable} : {})}), isWallet);
		});
	}

	it('does not recognize a program by its other arguments', () => {
		assert.equal(isWalletProgram({argv: ['grep', 'monero-wallet-rpc']}), false);
		assert.equal(isWalletProgram({argv: []}), false);
	});
});

describe('a wallet that another program started, or that has another name', () => {
	const started = ['--wallet-dir', '/w', '--rpc-bind-port=18083'];
	const rows: ReadonlyArray<readonly [argv: readonly string[], wallet: readonly string[] | undefined]> = [
		[
			['/lib64/ld-linux-x86-64.so.2', '/opt/monero-wallet-rpc', '--offline'],
			['/opt/monero-wallet-rpc', '--offline'],
		],
		[
			['/gnu/store/x/lib/ld-linux-x86-64.so.2', '--library-path', '/a', '--inhibit-cache', 'monero-wallet-rpc'],
			['monero-wallet-rpc'],
		],
		[
			['qemu-aarch64-static', '-L', '/sysroot', './monero-wallet-rpc', '--offline'],
			['./monero-wallet-rpc', '--offline'],
		],
		[['/lib/ld-musl-x86_64.so.1', '/usr/bin/vim', 'monero-wallet-rpc'], undefined],
		[['qemu-system-x86_64', '-cdrom', 'a.iso'], undefined],
		[
			['monero-wallet-rpc-hot', ...started],
			['monero-wallet-rpc-hot', ...started],
		],
		[['monero-wallet-rpc-exporter', '--port', '1'], undefined],
		[
			['/opt/payd', ...started],
			['/opt/payd', ...started],
		],
		[['/opt/payd', '--rpc-bind-port=18083'], undefined],
		[['monerod', '--rpc-bind-port=18081', '--rpc-login', 'a:b'], undefined],
		[['monero-wallet-cli', '--wallet-file', 'w', '--daemon-address', 'h:1'], undefined],
		[['sh', '-c', 'monero-wallet-rpc', ...started], undefined],
		[['ssh', 'host', 'monero-wallet-rpc', ...started], undefined],
		[['sudo', 'monero-wallet-rpc', ...started], undefined],
		[['docker', 'run', 'image', ...started], undefined],
		[['tail', '-f', 'monero-wallet-rpc.log'], undefined],
		[['vim', 'monero-wallet-rpc.conf'], undefined],
		[['python3', '/usr/bin/monero-wallet-rpc'], undefined],
	];
	for (const [argv, expected] of rows) {
		it(argv.join(' '), () => assert.deepEqual(walletArgv({argv}), expected));
	}

	it('is recognized by the options in its configuration file', () => {
		const argv = ['/opt/payd', '--config-file', 'w.conf'];
		assert.equal(isStartedAsWallet(argv), false);
		assert.equal(isStartedAsWallet(argv, parseWalletOptions(argv, 'rpc-bind-port=1\nwallet-file=/w\n')), true);
	});
});

describe('programName', () => {
	it('is the executable, else the title up to its first space', () => {
		assert.equal(programName({argv: ['x'], executable: '/usr/sbin/nginx'}), 'nginx');
		assert.equal(programName({argv: ['nginx: worker process /a/b']}), 'nginx');
		assert.equal(programName({argv: ['/usr/bin/python3', '/opt/a.py']}), 'python3');
		assert.equal(programName({argv: ['[kthreadd]']}), '[kthreadd]');
		assert.equal(programName({argv: ['[kworker/R-rcu_gp]']}), '[kworker/R-rcu_gp]');
		assert.equal(programName({argv: []}), undefined);
	});
});

describe('port in the flags of a command line', () => {
	const rows: ReadonlyArray<readonly [flags: readonly string[], port: number | undefined]> = [
		[['--rpc-bind-port', '18083'], 18_083],
		[['--offline', '--rpc-bind-port=18083', '--x'], 18_083],
		[['--rpc-bind-p', '18083'], 18_083],
		[['--rpc-bind-ip', '18083'], undefined],
		[['--rpc-bind-port'], undefined],
		[['--rpc-bind-port=70000'], undefined],
		[['--rpc-bind-port-x=18083'], undefined],
		[[], undefined],
	];
	for (const [flags, port] of rows) {
		it(`${flags.join(' ')}: ${port}`, () => assert.equal(rpcBindPortInArgv(['w', ...flags]), port));
	}

	it('--config-file, in both forms', () => {
		assert.equal(configFileInArgv(['w', '--config-file', 'a b.conf']), 'a b.conf');
		assert.equal(configFileInArgv(['w', '--config-f=/etc/w=1.conf']), '/etc/w=1.conf');
		assert.equal(configFileInArgv(['w', '--confirm-external-bind', 'x']), undefined);
	});
});

describe('rpcPortInOptions of a config file', () => {
	const rows: ReadonlyArray<readonly [text: string, port: number | undefined]> = [
		['rpc-bind-port=18083', 18_083],
		['# wallet\r\nrpc-login=a:b\r\n\trpc-bind-port = 18083   # the port\r\n', 18_083],
		['#rpc-bind-port=1\nrpc-bind-port=18083', 18_083],
		['xrpc-bind-port=18083', undefined],
		['rpc-bind-port=\n18083', undefined],
		['', undefined],
	];
	for (const [text, port] of rows) {
		it(JSON.stringify(text), () => assert.equal(rpcPortInOptions(parseWalletOptions([], text)), port));
	}
});

describe('parsePid', () => {
	it('takes whole numbers from 1 to 2147483647 only', () => {
		assert.equal(parsePid('1'), 1);
		assert.equal(parsePid('2147483647'), 2_147_483_647);
		for (const text of ['0', '-1', '2147483648', '1.5', '0x10', '', 'self', '99999999999']) {
			assert.equal(parsePid(text), undefined, text);
		}
	});
});
