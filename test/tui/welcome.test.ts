import assert from 'node:assert/strict';
import {test} from 'node:test';
import stringWidth from 'string-width';
import type {DiscoveredWallet} from '../../source/domain/discovery/match-wallets.js';
import type {UnreadableFact} from '../../source/domain/ports.js';
import {fleetSnapshot} from '../helpers/fleet-fixture.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';
import {plainLines} from '../helpers/screen-text.js';

/** A running wallet on a loopback port. */
function running(name: string, port: number | undefined, obstacles: readonly string[] = []): DiscoveredWallet {
	const definition = {host: '127.0.0.1', path: '/json_rpc', available: true};
	return {
		name,
		drift: [],
		obstacles,
		wallet: {
			pid: 4000 + (port ?? 0),
			cmdline: 'monero-wallet-rpc',
			started_at: '2026-11-23T19:00:00.000Z',
			notes: [],
			obstacles,
			...(port === undefined ? {} : {definition: {...definition, port}}),
		},
	};
}

/** The page of an empty fleet, as lines without style. */
function pageOf(found: readonly DiscoveredWallet[] | undefined, columns = 80, rows = 24): readonly string[] {
	const store = screenStoreFixture(fleetSnapshot([]), {columns, rows});
	if (found) {
		store.setFound(found);
	}

	return plainLines(store);
}

const many = Array.from({length: 40}, (_, index) => running(`wallet-${index}`, 18_100 + index));

test('lists found wallets with name, address and pid, and the command that adds them', () => {
	const obstacle = 'the password of its login is not known';
	const page = pageOf([running('refunds', 18_083), running('pid-4000', undefined, [obstacle])]).join('\n');
	assert.match(page, /^ ❯ refunds +127\.0\.0\.1:18083 +pid 22083$/m);
	assert.match(page, /^ +pid-4000 +port unknown +pid 4000 +the password of its login is not k.*$/m);
	assert.equal(page.split('xmrtop discover --add').length, 2);
	assert.match(page, /xmrtop nodes add NAME/);
	assert.match(page, /R {2}search this machine again/);
});

test('says so when no wallet was found', () => {
	const page = pageOf([]).join(' ').replaceAll(/\s+/g, ' ');
	assert.match(page, /No running monero-wallet-rpc is visible to this user on this machine/);
	assert.match(page, /xmrtop discover --add/);
});

test('says nothing about wallets before the search has ended', () => {
	assert.doesNotMatch(pageOf(undefined).join('\n'), /found running/i);
});

test('counts wallets that do not fit, and keeps the text below them', () => {
	const page = pageOf(many).join('\n');
	const listed = page.match(/pid \d+/g)?.length ?? 0;
	assert.ok(listed > 0);
	assert.match(page, new RegExp(`and ${many.length - listed} more`));
	assert.match(page, /xmrtop discover --add/);
	assert.match(page, /Nodes are stored in/);
	assert.doesNotMatch(pageOf(many, 120, 60).join('\n'), /and \d+ more/);
});

test('a small terminal still shows one wallet and the command', () => {
	const page = pageOf(many, 40, 12);
	assert.match(page.join('\n'), /wallet-0 +127\.0\.0\.1:18100/);
	assert.match(page.join('\n'), /xmrtop discover --add/);
	assert.ok(page.every(line => stringWidth(line) <= 40));
});

/** The page with a selected wallet and what could not be read. */
function foundPage(
	found: readonly DiscoveredWallet[],
	unseen: readonly UnreadableFact[],
	keys: number,
	rows = 24,
): string {
	const store = screenStoreFixture(fleetSnapshot([]), {columns: 100, rows});
	store.setFound(found, unseen);
	store.getUiState();
	for (let pressed = 0; pressed < keys; pressed += 1) {
		store.dispatch({type: 'command', command: 'down'});
	}

	return plainLines(store).join('\n');
}

test('keeps the selected wallet visible in a long list', () => {
	assert.match(foundPage(many, [], 0), /❯ wallet-0 /);
	const page = foundPage(many, [], 25);
	assert.match(page, /❯ wallet-25 /);
	assert.doesNotMatch(page, /wallet-0 /);
	assert.match(foundPage(many, [], 60), /❯ wallet-39 /);
});

test('reports what the search could not read, and what it needs', () => {
	const fact = (pid: number): UnreadableFact => ({pid, what: 'its configuration file', needs: 'run as root'});
	assert.match(foundPage([], [fact(7)], 0), /pid 7: its configuration file could not be read: run as root/);
	const page = foundPage(
		[running('refunds', 18_083)],
		Array.from({length: 20}, (_, pid) => fact(pid + 1)),
		0,
	);
	assert.match(page, /pid 1: its configuration file/);
	assert.match(page, /17 more could not be read: xmrtop discover/);
	assert.match(page, /Nodes are stored in/);
	assert.match(foundPage(many, [fact(1), fact(2)], 0), /2 facts could not be read: xmrtop discover/);
});

test('a wallet with a login says that it will be asked for', () => {
	const wallet = running('shop', 18_083, ['the password is on the command line; xmrtop will not copy it']);
	const page = foundPage([{...wallet, wallet: {...wallet.wallet, needs_login: true}}], [], 0);
	assert.match(page, /❯ shop .*needs a login: asked for when added/);
});
