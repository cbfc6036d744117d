import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseWalletOptions, type WalletOption} from '../../../source/domain/discovery/wallet-options.js';

describe('the value of an option', () => {
	const rows: ReadonlyArray<
		readonly [flags: readonly string[], config: string, name: WalletOption, value: string | undefined]
	> = [
		[['--rpc-login', 'a:b'], '', 'rpc-login', 'a:b'],
		[['--rpc-login=a:b=c'], '', 'rpc-login', 'a:b=c'],
		[['--rpc-lo', 'a:b'], '', 'rpc-login', 'a:b'],
		[['--daemon-a=h:1'], '', 'daemon-address', 'h:1'],
		// A full name wins, even when other names begin with it.
		[['--rpc-ssl', 'enabled'], '', 'rpc-ssl', 'enabled'],
		[['--rpc-ssl-cert=/c'], '', 'rpc-ssl', undefined],
		[['--rpc-ssl-cert=/c'], '', 'rpc-ssl-certificate', '/c'],
		// Ambiguous: two options begin with it.
		[['--rpc-bind=1'], '', 'rpc-bind-port', undefined],
		[['--unknown', 'x'], '', 'rpc-bind-port', undefined],
		[[], 'rpc-login = a:b # c', 'rpc-login', 'a:b'],
		[[], 'rpc-lo=a:b', 'rpc-login', undefined],
		[[], '#rpc-login=a:b', 'rpc-login', undefined],
		[[], 'rpc-login=a:b\nrpc-login=c:d', 'rpc-login', 'a:b'],
		[['--rpc-login=a:b'], 'rpc-login=c:d', 'rpc-login', 'a:b'],
	];
	for (const [flags, config, name, value] of rows) {
		it(`${flags.join(' ')} | ${JSON.stringify(config)}: ${name} ${value}`, () =>
			assert.equal(parseWalletOptions(['w', ...flags], config).value(name), value));
	}

	it('is not read from the name of the program', () =>
		assert.equal(parseWalletOptions(['--rpc-login=a']).value('rpc-login'), undefined));
});

describe('a switch', () => {
	const rows: ReadonlyArray<readonly [flags: readonly string[], config: string, isOn: boolean]> = [
		[['--testnet'], '', true],
		[['--testn'], '', true],
		[[], 'testnet=1', true],
		[[], 'testnet = true', true],
		[[], 'testnet=', true],
		[[], 'testnet=0', false],
		[[], 'testnet=false', false],
		[[], '', false],
	];
	for (const [flags, config, isOn] of rows) {
		it(`${flags.join(' ')} | ${config}: ${isOn}`, () =>
			assert.equal(parseWalletOptions(['w', ...flags], config).isOn('testnet'), isOn));
	}
});

it('shows where an option comes from', () => {
	const options = parseWalletOptions(['w', '--offline'], 'offline=1\nrpc-login=a:b');
	assert.equal(options.sourceOf('offline'), 'command line');
	assert.equal(options.sourceOf('rpc-login'), 'configuration file');
	assert.equal(options.sourceOf('testnet'), undefined);
});
