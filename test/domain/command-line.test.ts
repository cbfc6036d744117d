import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {shownCommandLine, shownStoredLine, withoutShownSecrets} from '../../source/domain/command-line.js';
import type {ProgramFacts} from '../../source/domain/discovery/wallet-process.js';

const wallet = 'monero-wallet-rpc';
const line = (argv: readonly string[], executable?: string): string =>
	shownCommandLine({argv, ...(executable === undefined ? {} : {executable})} satisfies ProgramFacts);

describe('the command line of a wallet', () => {
	const rows: ReadonlyArray<readonly [what: string, args: readonly string[], shown: string]> = [
		[
			'harmless options, in both forms',
			['--rpc-bind-port', '18083', '--rpc-bind-ip=0.0.0.0', '--confirm-external-bind', '--wallet-dir', '/srv/wallets'],
			'--rpc-bind-port 18083 --rpc-bind-ip=0.0.0.0 --confirm-external-bind --wallet-dir /srv/wallets',
		],
		['shortened options', ['--rpc-bind-p=18083', '--stage'], '--rpc-bind-p=18083 --stage'],
		[
			'levels of the log',
			['--log-level', '0,net.http:DEBUG', '--log-file=/var/log/w.log'],
			'--log-level 0,net.http:DEBUG --log-file=/var/log/w.log',
		],
		['paths with spaces', ['--wallet-dir', "/my wallet's"], "--wallet-dir '/my wallet'\\''s'"],
		['paths with an @', ['--wallet-file=/srv/wallet@hot'], '--wallet-file=/srv/wallet@hot'],
		[
			'files that hold secrets, by their path',
			['--password-file', '/p', '--rpc-ssl-private-key=/k', '--config-file', 'w.conf'],
			'--password-file /p --rpc-ssl-private-key=/k --config-file w.conf',
		],
		[
			'daemons',
			['--daemon-address', 'https://node.example:18081', '--proxy=127.0.0.1:9050'],
			'--daemon-address https://node.example:18081 --proxy=127.0.0.1:9050',
		],
		[
			'user information',
			['--daemon-address=http://u:hunter2@h:18081', '--proxy', 'u:p@hunter2@127.0.0.1:9050'],
			'--daemon-address=http://***@h:18081 --proxy ***@127.0.0.1:9050',
		],
		[
			'a token in a path or query',
			['--daemon-address', 'http://h:18081/hunter2', '--daemon-addr=h:1?token=hunter2'],
			'--daemon-address *** --daemon-addr=***',
		],
		[
			'logins',
			['--rpc-login', 'user:hunter2', '--password=hunter2', '--daemon-login', 'a:hunter2'],
			'--rpc-login *** --password=*** --daemon-login ***',
		],
		[
			'shortened logins',
			['--rpc-lo=user:hunter2', '--daemon-l', 'u:hunter2', '--passw', 'hunter2'],
			'--rpc-lo=*** --daemon-l *** --passw ***',
		],
		['an option in capitals', ['--RPC-LOGIN', 'hunter2', '--Password=hunter2'], '--RPC-LOGIN *** --Password=***'],
		['a value that looks like an option', ['--password', '--hunter2', '--offline'], '--password *** --offline'],
		[
			'an option after one that takes no value',
			['--prompt-for-pass', '--rpc-login', 'u:hunter2'],
			'--prompt-for-pass --rpc-login ***',
		],
		[
			'an option where the value is missing',
			['--tx-notify', '--rpc-login', 'u:hunter2'],
			'--tx-notify --rpc-login ***',
		],
		['empty values', ['--password', '', '--wallet-file='], "--password *** --wallet-file=''"],
		[
			'the command of a notification',
			[
				'--tx-notify',
				'/usr/bin/curl -u u:hunter2 https://hooks.example/T00/hunter2 -H "X-Api-Key: hunter2"',
				'--offline',
			],
			'--tx-notify *** --offline',
		],
		['a notification joined by =', ['--tx-notify=/bin/n --url https://h/?token=hunter2 %s'], '--tx-notify=***'],
		[
			'options of other versions',
			['--webhook', 'https://h/hunter2', '--future-key=hunter2', '--block-notify', 'n hunter2'],
			'--webhook *** --future-key=*** --block-notify ***',
		],
		['short options', ['-p', 'hunter2', '-phunter2', '-hunter2'], '-p *** *** ***'],
		[
			'arguments without an option',
			['hunter2', '--offline', 'hunter2', '--testnet=1', 'hunter2'],
			'*** --offline *** --testnet=1 ***',
		],
		['a switch with a value', ['--offline=hunter2', '--detach=true'], '--offline=*** --detach=true'],
		[
			'values of the wrong type',
			[
				'--rpc-bind-port',
				'hunter2',
				'--rpc-bind-ip=u:hunter2@h',
				'--rpc-ssl',
				'hunter2',
				'--log-level=hunter2',
				'--kdf-rounds',
				'1;hunter2',
				'--max-log-files=-hunter2',
			],
			'--rpc-bind-port *** --rpc-bind-ip=*** --rpc-ssl *** --log-level=*** --kdf-rounds *** --max-log-files=***',
		],
		[
			'an URL for a path',
			['--wallet-file', 'https://h/hunter2', '--log-file=ftp:u:hunter2@h'],
			'--wallet-file *** --log-file=***',
		],
		[
			'keys and seeds',
			['--rpc-client-secret-key', 'hunter2', '--electrum-seed=hunter2 hunter2', '--bitmessage-login', 'hunter2'],
			'--rpc-client-secret-key *** --electrum-seed=*** --bitmessage-login ***',
		],
		['terminal codes', ['--wallet-dir', '/a\u001B[31m', '--\u202Ehunter2'], '--wallet-dir *** ***'],
		['overlong values', ['--wallet-dir', `/${'x'.repeat(5000)}`], '--wallet-dir ***'],
		['a value with an equals sign', ['--wallet-dir=/a=b', '--password=a=hunter2'], '--wallet-dir=/a=b --password=***'],
	];
	for (const [what, args, shown] of rows) {
		it(what, () => {
			const text = line([wallet, ...args]);
			assert.equal(text, `${wallet} ${shown}`);
			assert.ok(!text.includes('hunter2'));
			assert.equal(shownStoredLine(text), text, 'it is shown the same when it comes from the store');
		});
	}

	it('stops after a hundred arguments', () => {
		assert.equal(
			shownCommandLine({argv: [wallet, ...Array.from({length: 200}, () => 'a')]}),
			`${wallet} ${'*** '.repeat(100)}…`,
		);
	});

	it('recognizes a wallet by its executable when its title hides it', () => {
		assert.equal(
			line(['payments', '--rpc-login', 'u:hunter2'], '/opt/monero-wallet-rpc'),
			'/opt/monero-wallet-rpc --rpc-login ***',
		);
		assert.equal(line([`${wallet} --rpc-login u:hunter2`], '/opt/monero-wallet-rpc'), '/opt/monero-wallet-rpc');
	});

	it("recognizes a wallet behind a loader, and leaves out the loader's options", () => {
		const argv = [
			'/lib64/ld-linux-x86-64.so.2',
			'--library-path',
			'/hunter2',
			'/opt/monero-wallet-rpc',
			'--offline',
			'hunter2',
		];
		const text = line(argv, '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2');
		assert.equal(text, 'ld-linux-x86-64.so.2 /opt/monero-wallet-rpc --offline ***');
		assert.equal(shownStoredLine(text), text);
	});

	it('recognizes a wallet of another name by its options', () => {
		const argv = ['/opt/payd', '--wallet-dir=/w', '--rpc-bind-port=18083', '--tx-notify', 'hunter2'];
		assert.equal(line(argv, '/opt/payd'), '/opt/payd --wallet-dir=/w --rpc-bind-port=18083 --tx-notify ***');
	});

	it('takes no time for a hostile command line', () => {
		const startMs = performance.now();
		line([wallet, ...Array.from({length: 5000}, () => '--=a:='.repeat(500))]);
		line([wallet, ...Array.from({length: 5000}, () => `--wallet-dir=${'a@:'.repeat(90)}`)]);
		shownStoredLine(`${wallet} ${"'\\''".repeat(20_000)}`);
		shownStoredLine(`${wallet} ${"'".repeat(20_001)} ${'\\'.repeat(5000)}`);
		assert.ok(performance.now() - startMs < 1000);
	});
});

describe('the command line of another program', () => {
	const rows: ReadonlyArray<readonly [argv: readonly string[], executable: string | undefined, shown: string]> = [
		[['cat'], '/usr/bin/cat', 'cat'],
		[['sleep', '1000'], '/usr/bin/sleep', 'sleep (1 argument)'],
		[['curl', '-u', 'u:hunter2', 'https://h/hunter2?token=hunter2'], undefined, 'curl (3 arguments)'],
		[['mysql', '-phunter2', '--pw=hunter2'], '/usr/bin/mysql', 'mysql (2 arguments)'],
		[['sh', '-c', 'monero-wallet-rpc --rpc-login u:hunter2'], '/bin/dash', 'dash (2 arguments)'],
		[['nginx: worker hunter2'], undefined, 'nginx'],
		[['/usr/bin/env', 'TOKEN=hunter2', wallet], undefined, 'env (2 arguments)'],
		[['[kworker/R-rcu_gp]'], undefined, '[kworker/R-rcu_gp]'],
		[['vim', 'monero-wallet-rpc.conf'], undefined, 'vim (1 argument)'],
		[
			['ssh', '-L', '18082:127.0.0.1:18082', 'u@h', wallet, '--wallet-dir', 'w', '--rpc-bind-port', '1'],
			undefined,
			'ssh (8 arguments)',
		],
		[[], undefined, '***'],
		[['\u001B]0;evil\u0007sh\u202E', 'hunter2'], undefined, 'sh (1 argument)'],
	];
	for (const [argv, executable, shown] of rows) {
		it(shown, () => {
			assert.equal(line(argv, executable), shown);
			assert.equal(shownStoredLine(shown), shown);
		});
	}
});

describe('a command line stored by another version', () => {
	const rows: ReadonlyArray<readonly [stored: string, shown: string]> = [
		[
			'monero-wallet-rpc --tx-notify curl -u u:hunter2 https://h/hunter2 --offline',
			'monero-wallet-rpc --tx-notify *** -u *** *** --offline',
		],
		[
			'/usr/bin/monero-wallet-rpc --wallet-dir /w hunter2 --rpc-login ***',
			'/usr/bin/monero-wallet-rpc --wallet-dir /w *** --rpc-login ***',
		],
		["monero-wallet-rpc --tx-notify n --header 'X-Api-Key: hunter2'", 'monero-wallet-rpc --tx-notify *** --header ***'],
		["monero-wallet-rpc --tx-notify sh -c 'it's hunter2", 'monero-wallet-rpc --tx-notify *** -c *** ***'],
		['sh -c read line hunter2', 'sh (4 arguments)'],
		['curl --url https://h/?token=hunter2', 'curl (2 arguments)'],
		['/opt/my folder/monero-wallet-rpc --x hunter2', 'my (3 arguments)'],
	];
	for (const [stored, shown] of rows) {
		it(stored, () => assert.equal(shownStoredLine(stored), shown));
	}

	it('is shown the same wherever it is in the details of a result', () => {
		const pid = {method: 'pid', cmdline: 'curl -u u:hunter2', message: 'm'};
		assert.deepEqual(withoutShownSecrets(pid), {...pid, cmdline: 'curl (2 arguments)'});
		const checks = {
			pid: {status: true, details: pid},
			api: {status: true, details: {url: 'http://h/x?t=hunter2'}},
			odd: 1,
		};
		const full = {method: 'full', checks, cmdline: 7};
		assert.ok(!JSON.stringify(withoutShownSecrets(full)).includes('hunter2'));
		assert.equal(withoutShownSecrets(full).cmdline, 7);
		const plain = {method: 'port'};
		assert.equal(withoutShownSecrets(plain), plain);
	});
});

/** Pseudo-random numbers that are the same in every run (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
	let state = seed;
	return below => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
	};
}

describe('5,000 random command lines', () => {
	const secret = 'S3cr3tValue';
	const below = randomNumbers(17);
	const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
	const names = [
		'--tx-notify',
		'--block-notify',
		'--rpc-login',
		'--rpc-lo',
		'--password',
		'--pass',
		'--pw',
		'--url',
		'--token',
		'--x',
		'-p',
		'-u',
		'-H',
		'--header',
		'--daemon-login',
		'--extra',
		'--hw-device',
		'--rpc-access-control-origins',
		'KEY',
	];
	const values = [
		secret,
		`u:${secret}`,
		`https://u:${secret}@h/`,
		`https://h/${secret}`,
		`https://h/?t=${secret}`,
		`curl -u u:${secret} https://h`,
		`X-Api-Key: ${secret}`,
		`'${secret}'`,
		`"${secret}" --offline`,
		`--${secret.toLowerCase()}=${secret}`,
		`-${secret}`,
		` ${secret} `,
		`a\n${secret}`,
		`${secret}=1`,
	];
	const harmlessWords = [
		['--offline'],
		['--rpc-bind-port', '18083'],
		['--wallet-dir=/w'],
		['--log-level', '1'],
		['--stagenet'],
		['--rpc-ssl=disabled'],
		['word'],
		['--password-file', '/p'],
		['--daemon-address', 'h:1'],
	];
	const programs = [
		[wallet],
		['/usr/bin/monero-wallet-rpc-v2'],
		['/lib/ld-linux.so.2', wallet],
		['curl'],
		['sh', '-c'],
		['/opt/payd', '--wallet-dir=/w', '--rpc-bind-port=1'],
	];
	const secretWords = (): readonly string[] => {
		const [name, value] = [pick(names), pick(values)];
		const isSpacedJoin = below(4) === 0;
		return below(2) === 0 ? [`${name}=${value}`] : isSpacedJoin ? [`${name} ${value}`] : [name, value];
	};

	it('never show the value of an unknown option, live or stored', () => {
		for (let count = 0; count < 5000; count += 1) {
			const parts = Array.from({length: 1 + below(6)}, () => (below(3) === 0 ? secretWords() : pick(harmlessWords)));
			const argv = [...pick(programs), ...parts.flat(), ...secretWords()];
			const text = line(argv);
			assert.ok(!text.includes(secret), `${JSON.stringify(argv)}: ${text}`);
			assert.equal(shownStoredLine(text), text, JSON.stringify(argv));
			const stored = shownStoredLine(argv.join(' '));
			assert.ok(!stored.includes(secret), `${argv.join(' ')}: ${stored}`);
		}
	});
});
