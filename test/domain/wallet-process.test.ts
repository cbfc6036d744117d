import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
	configFileOf,
	isWalletProgram,
	parsePid,
	programName,
	rpcBindPortInConfig,
	rpcBindPortOf,
} from '../../source/domain/wallet-process.js';

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
	];
	for (const [argv0, executable, isWallet] of rows) {
		it(`${argv0} ${executable ?? ''}: ${isWallet}`, () => {
			assert.equal(isWalletProgram({argv: [argv0, '--x'], ...(executable ? {executable} : {})}), isWallet);
		});
	}

	it('does not take a program for the wallet because of its other arguments', () => {
		assert.equal(isWalletProgram({argv: ['grep', 'monero-wallet-rpc']}), false);
		assert.equal(isWalletProgram({argv: []}), false);
	});
});

describe('programName', () => {
	it('is the executable, else the title up to its first space', () => {
		assert.equal(programName({argv: ['x'], executable: '/usr/sbin/nginx'}), 'nginx');
		assert.equal(programName({argv: ['nginx: worker process /a/b']}), 'nginx');
		assert.equal(programName({argv: ['/usr/bin/python3', '/opt/a.py']}), 'python3');
		assert.equal(programName({argv: ['[kthreadd]']}), '[kthreadd]');
		assert.equal(programName({argv: []}), undefined);
	});
});

describe('the flags of a command line', () => {
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
		it(`${flags.join(' ')}: ${port}`, () => assert.equal(rpcBindPortOf(['w', ...flags]), port));
	}

	it('--config-file, in both spellings', () => {
		assert.equal(configFileOf(['w', '--config-file', 'a b.conf']), 'a b.conf');
		assert.equal(configFileOf(['w', '--config-f=/etc/w=1.conf']), '/etc/w=1.conf');
		assert.equal(configFileOf(['w', '--confirm-external-bind', 'x']), undefined);
	});
});

describe('rpcBindPortInConfig', () => {
	const rows: ReadonlyArray<readonly [text: string, port: number | undefined]> = [
		['rpc-bind-port=18083', 18_083],
		['# wallet\r\nrpc-login=a:b\r\n\trpc-bind-port = 18083   # the port\r\n', 18_083],
		['#rpc-bind-port=1\nrpc-bind-port=18083', 18_083],
		['xrpc-bind-port=18083', undefined],
		['rpc-bind-port=\n18083', undefined],
		['', undefined],
	];
	for (const [text, port] of rows) {
		it(JSON.stringify(text), () => assert.equal(rpcBindPortInConfig(text), port));
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
