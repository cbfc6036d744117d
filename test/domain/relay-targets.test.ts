import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parsePublishedPort, parseRelayTargets} from '../../source/domain/discovery/wallet-process.js';

describe('the targets of a relay', () => {
	const rows: ReadonlyArray<readonly [line: string, targets: readonly string[]]> = [
		[
			'/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 18082 -container-ip 172.17.0.2 -container-port 18083',
			['172.17.0.2 18083'],
		],
		['docker-proxy -proto tcp -container-ip=172.17.0.2 -container-port=18083 -use-listen-fd', ['172.17.0.2 18083']],
		['docker-proxy -proto tcp -container-ip fd00::2 -container-port 1', ['fd00::2 1']],
		['docker-proxy -proto tcp -container-port 1', []],
		['socat TCP-LISTEN:18082,fork,reuseaddr TCP:10.0.3.2:18083', ['10.0.3.2 18083']],
		['socat tcp6-listen:1 TCP6:[fd00::2]:18083,nodelay', ['fd00::2 18083']],
		['socat TCP-LISTEN:1,fork TCP-CONNECT:localhost:18083', ['localhost 18083']],
		['socat TCP-LISTEN:1,fork EXEC:nsenter', []],
		['/lib/systemd/systemd-socket-proxyd 127.0.0.1:18083', ['127.0.0.1 18083']],
		['/lib/systemd/systemd-socket-proxyd /run/wallet.sock', []],
		['ssh -N -L 18082:127.0.0.1:18083 host', []],
		['rootlesskit --port-driver=builtin', []],
		['nginx -g daemon', []],
		['', []],
	];
	for (const [line, targets] of rows) {
		it(line, () => {
			const found = parseRelayTargets({argv: line.split(' ')}).map(({host, port}) => `${host} ${port}`);
			assert.deepEqual(found, targets);
		});
	}
});

it('reads the port that docker-proxy publishes from its command line', () => {
	const command = '-proto tcp -host-ip 0.0.0.0 -host-port 28082 -container-ip 172.17.0.2 -container-port 18082';
	const parsed = (text: string) => parsePublishedPort({argv: text.split(' '), executable: '/usr/bin/docker-proxy'});
	assert.deepEqual(parsed(`/usr/bin/docker-proxy ${command} -use-listen-fd`), {
		host: '0.0.0.0',
		port: 28_082,
		innerHost: '172.17.0.2',
		innerPort: 18_082,
	});
	assert.equal(parsed(`/usr/bin/docker-proxy ${command.replace('tcp', 'udp')}`), undefined);
	assert.equal(parsed('/usr/bin/docker-proxy -proto tcp'), undefined);
	assert.equal(parsePublishedPort({argv: ['socat', 'TCP-LISTEN:1', 'TCP:172.17.0.2:18082']}), undefined);
});
