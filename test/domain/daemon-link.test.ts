import assert from 'node:assert/strict';
import test from 'node:test';
import {parseDaemonAddress} from '../../source/domain/daemon-address.js';
import {
	daemonLinkText,
	isLinkFault,
	judgeDaemonLink,
	type LinkProblem,
	lostLinkText,
	nextLinkProblem,
	type OutgoingConnection,
} from '../../source/domain/daemon-link.js';

const isLocalHost = (host: string) => ['127.0.0.1', '10.0.0.4', 'localhost', '::1'].includes(host);

interface Situation {
	readonly daemon?: string;
	readonly hasProxy?: boolean;
	readonly isOwnNetwork?: boolean;
	/** The daemon in the options of the wallet; `null`: not readable. Default: `daemon`. */
	readonly inOptions?: string | null;
	readonly wasOwn?: boolean;
}

type Seen = ReadonlyArray<readonly [string, number, OutgoingConnection['state']?, number?]>;

function judged(outgoing: Seen, situation: Situation = {}) {
	const {
		daemon = '10.0.0.5:18081',
		hasProxy = false,
		isOwnNetwork = true,
		inOptions = daemon,
		wasOwn = false,
	} = situation;
	const address = parseDaemonAddress(daemon);
	assert.ok(address);
	const connections = outgoing.map(([host, port, state = 'established', resends], index) => ({
		address: host,
		port,
		state,
		inode: String(index),
		...(resends === undefined ? {} : {resends}),
	}));
	const addressInOptions = inOptions === null ? undefined : parseDaemonAddress(inOptions);
	const evidence = {connections: {outgoing: connections, isOwnNetwork}, daemon: address, hasProxy, isLocalHost};
	const {state, peer, isCertain} = judgeDaemonLink({...evidence, daemonInOptions: addressInOptions, wasOwn});
	return [state, peer, isCertain];
}

function said(
	outgoing: ReadonlyArray<readonly [string, number, OutgoingConnection['state']?]>,
	situation: Situation = {},
) {
	const {daemon = '10.0.0.5:18081', hasProxy = false, isOwnNetwork = true} = situation;
	const address = parseDaemonAddress(daemon);
	assert.ok(address);
	const connections = outgoing.map(([host, port, state = 'established']) => ({address: host, port, state, inode: '1'}));
	return daemonLinkText({connections: {outgoing: connections, isOwnNetwork}, daemon: address, hasProxy, isLocalHost});
}

const refreshOff = 'the wallet is connected to its daemon, so its automatic refresh is probably off';

test('connected to its daemon: automatic refresh is off', () => {
	assert.equal(said([['10.0.0.5', 18_081]]), refreshOff);
	assert.equal(
		said([
			['10.0.0.9', 443],
			['10.0.0.5', 18_081],
		]),
		refreshOff,
	);
	assert.equal(said([['2001:db8::5', 18_081]], {daemon: '[2001:db8::5]:18081'}), refreshOff);
	assert.equal(
		said([['127.0.0.1', 18_081]], {daemon: '10.0.0.4:18081'}),
		refreshOff,
		'one address of this machine for another',
	);
	assert.match(
		said([['10.0.0.5', 18_081, 'closed_by_peer']]),
		/^its daemon closed the connection.*refresh is probably off$/,
	);
});

test('connected to another daemon: names both', () => {
	assert.equal(said([['10.0.0.6', 18_081]]), 'the wallet is connected to 10.0.0.6:18081, not to 10.0.0.5:18081');
	assert.equal(said([['10.0.0.5', 18_089]]), 'the wallet is connected to 10.0.0.5:18089, not to 10.0.0.5:18081');
	assert.equal(
		said([['127.0.0.1', 28_081]], {daemon: 'localhost:18081'}),
		'the wallet is connected to 127.0.0.1:28081, not to 127.0.0.1:18081',
	);
	assert.equal(
		said([['10.0.0.6', 18_089]], {daemon: 'https://node.example:18081'}),
		'the wallet is connected to 10.0.0.6:18089, not to https://node.example:18081',
	);
});

test('connected to none, or to one that does not answer', () => {
	assert.equal(said([]), 'the wallet is not connected to a daemon');
	assert.equal(
		said([['10.0.0.6', 18_081, 'connecting']]),
		'the wallet tries to connect to 10.0.0.6:18081, which does not answer',
	);
});

test('says only what is certain when addresses do not identify the daemon', () => {
	assert.equal(
		said([['10.0.0.6', 18_081]], {daemon: 'node.example:18081'}),
		'the wallet is connected to 10.0.0.6:18081: its automatic refresh is probably off, or that is not node.example',
	);
	assert.equal(
		said([['127.0.0.1', 9050]], {hasProxy: true}),
		'the wallet is connected to 127.0.0.1:9050, through a proxy',
	);
	assert.equal(said([['172.17.0.1', 18_081]], {isOwnNetwork: false}), 'the wallet is connected to 172.17.0.1:18081');
});

test('the state of the connection, and whether it is certain', () => {
	const own = ['10.0.0.5', 18_081] as const;
	const other = ['10.0.0.6', 18_081] as const;
	const rows: ReadonlyArray<readonly [Seen, Situation, ReturnType<typeof judged>]> = [
		[[], {}, ['none', undefined, true]],
		[[own], {}, ['connected', '10.0.0.5:18081', true]],
		[[[...own, 'established', 1]], {}, ['connected', '10.0.0.5:18081', true]],
		[[[...own, 'established', 3]], {}, ['retransmitting', '10.0.0.5:18081', true]],
		[[[...own, 'connecting']], {}, ['connecting', '10.0.0.5:18081', true]],
		[[[...own, 'closed_by_peer']], {}, ['closed', '10.0.0.5:18081', true]],
		[[[...own, 'closed_by_peer'], own], {}, ['connected', '10.0.0.5:18081', true]],
		[[['10.0.0.9', 443], own], {}, ['connected', '10.0.0.5:18081', true]],
		[[['127.0.0.1', 18_081]], {daemon: '10.0.0.4:18081'}, ['connected', '127.0.0.1:18081', true]],
		[[['2001:db8::5', 18_081]], {daemon: '[2001:0db8:0::5]:18081'}, ['connected', '[2001:db8::5]:18081', true]],
		[[['10.0.0.5', 18_081]], {daemon: '[::ffff:10.0.0.5]:18081'}, ['connected', '10.0.0.5:18081', true]],
		// It was connected to its own daemon before, or its daemon is local: set_daemon changed it since.
		[[other], {wasOwn: true}, ['other', '10.0.0.6:18081', true]],
		[[['10.0.0.5', 18_089]], {wasOwn: true}, ['other', '10.0.0.5:18089', true]],
		[[['127.0.0.1', 28_081]], {daemon: 'localhost:18081'}, ['other', '127.0.0.1:28081', true]],
		[
			[['127.0.0.1', 18_081]],
			{daemon: '127.0.0.1:18081', inOptions: '0.0.0.0:18081'},
			['connected', '127.0.0.1:18081', true],
		],
		// It may be wrapped by torsocks.
		[[['127.0.0.1', 9050]], {}, ['other', '127.0.0.1:9050', false]],
		[[other], {}, ['other', '10.0.0.6:18081', false]],
		// It follows its options, which may be another address of the same daemon.
		[[other], {inOptions: '10.0.0.6:18081', wasOwn: true}, ['other', '10.0.0.6:18081', false]],
		[[other], {inOptions: 'node.example:18081'}, ['other', '10.0.0.6:18081', false]],
		[[other], {inOptions: null}, ['other', '10.0.0.6:18081', false]],
		[[other], {daemon: 'node.example:18081'}, ['connected', '10.0.0.6:18081', true]],
		[[['10.0.0.6', 18_089]], {daemon: 'node.example:18081', wasOwn: true}, ['other', '10.0.0.6:18089', true]],
		[[['127.0.0.1', 9050]], {hasProxy: true}, ['connected', '127.0.0.1:9050', true]],
		// In another network namespace an address means something else, but the wallet's options belong to its namespace.
		[
			[['172.18.0.2', 18_081]],
			{isOwnNetwork: false, inOptions: 'monerod:18081'},
			['connected', '172.18.0.2:18081', true],
		],
		[[['172.18.0.2', 18_081]], {isOwnNetwork: false, inOptions: null}, ['connected', '172.18.0.2:18081', true]],
		[
			[['172.18.0.3', 18_081]],
			{isOwnNetwork: false, inOptions: '172.18.0.2:18081', wasOwn: true},
			['other', '172.18.0.3:18081', true],
		],
		[
			[['127.0.0.1', 18_081]],
			{isOwnNetwork: false, inOptions: '127.0.0.1:18081'},
			['connected', '127.0.0.1:18081', true],
		],
	];
	for (const [outgoing, situation, expected] of rows) {
		assert.deepEqual(judged(outgoing, situation), expected, JSON.stringify([outgoing, situation]));
	}
});

const none = {state: 'none', isCertain: true} as const;
const trying = {state: 'connecting', peer: '10.0.0.5:18081', isCertain: true} as const;
const linked = {state: 'connected', peer: '10.0.0.5:18081', isCertain: true} as const;
const moved = {state: 'other', peer: '10.0.0.6:18081', isCertain: true} as const;

/** The problem that remains after observing these links every 5 s. */
function problemAfter(
	links: ReadonlyArray<Parameters<typeof nextLinkProblem>[1]>,
	{everyMs = 5000, keepsLink = true, isDaemonWell = true, heightAt = (_: number) => 10 as number | undefined} = {},
): LinkProblem | undefined {
	return links.reduce<LinkProblem | undefined>(
		(before, link, index) =>
			nextLinkProblem(before, link, {isDaemonWell, keepsLink, height: heightAt(index), nowMs: index * everyMs}),
		undefined,
	);
}

const times = <T>(count: number, value: T): T[] => Array.from({length: count}, () => value);
const level = {keepsLink: true, lag: 0, refreshDelays: []};
const isFaultAfter = (...[links, how]: Parameters<typeof problemAfter>) => {
	const problem = problemAfter(links, how);
	return problem !== undefined && isLinkFault(problem, {...level, keepsLink: how?.keepsLink ?? true});
};

test('a wallet that kept its connection and has had none for two refreshes is a fault', () => {
	assert.equal(isFaultAfter(times(4, none)), false, 'for 15 s');
	assert.equal(isFaultAfter(times(5, none)), true, 'for 20 s');
	assert.equal(isFaultAfter([none, none, none, none, linked, none, none]), false, 'it reconnected in between');
	assert.equal(isFaultAfter(times(9, linked)), false);
	assert.equal(isFaultAfter(times(9, none), {isDaemonWell: false}), false, 'its daemon is the cause');
	assert.equal(isFaultAfter(times(9, none), {heightAt: index => index}), false, 'it reads blocks from somewhere');
	assert.equal(isFaultAfter(times(3, none), {everyMs: 60_000}), true, 'observed once a minute');
	assert.equal(isFaultAfter(times(2, none), {everyMs: 60_000}), false, 'too few checks');
	assert.equal(isFaultAfter(times(3, {...moved, isCertain: false})), false);
	assert.equal(isFaultAfter(times(5, moved)), true);
	assert.equal(isFaultAfter(times(5, moved), {heightAt: index => index}), true);
});

test('a wallet never seen connected is a fault only when it cannot be connected between two checks', () => {
	const unseen = {keepsLink: false};
	assert.equal(isFaultAfter(times(60, none), unseen), false, 'a proxy may close every connection at once');
	assert.equal(isFaultAfter(times(5, trying), unseen), true);
	assert.equal(isFaultAfter([none, ...times(4, trying)], unseen), false);
	const behind = (count: number, delays: readonly number[] = []) => {
		const problem = problemAfter(times(count, none), unseen);
		return problem !== undefined && isLinkFault(problem, {keepsLink: false, lag: 1, refreshDelays: delays});
	};
	assert.equal(behind(8), false, 'for 35 s');
	assert.equal(behind(9), true, 'two refreshes without the available block');
	assert.equal(behind(9, [60_000]), false, 'known to refresh once a minute');
	assert.equal(problemAfter(times(3, none), {...unseen, everyMs: 30_000})?.checks, 1);
});

test('text of a lost connection', () => {
	assert.equal(lostLinkText(none, '10.0.0.5:18081'), 'wallet has no connection to 10.0.0.5:18081');
	assert.equal(
		lostLinkText(trying, 'node.example:18081'),
		'wallet has no connection to node.example:18081, it tries to connect to 10.0.0.5:18081',
	);
});
