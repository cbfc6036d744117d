import {eachOf, type Family, isoSeconds, type Reading} from './family.js';
import type {DaemonScene} from './scene.js';

/** A family with one series for every daemon that the value is known of. */
function ofDaemons(name: string, help: string, read: (daemon: DaemonScene) => Reading): Family {
	return eachOf({name: `monero_${name}`, help, labelNames: ['daemon']}, ({daemons}) => daemons, read);
}

/** The last block's date; a check takes time, so it may be off by as much. */
function lastBlockSeconds({facts, seenAt}: DaemonScene): number | undefined {
	return facts.block_age_s === undefined ? undefined : Math.floor(isoSeconds(seenAt)) - facts.block_age_s;
}

/** What is told of every daemon, by the names that exporters of monerod use. */
export const daemonFamilies: readonly Family[] = [
	ofDaemons('up', 'Whether the daemon responds.', ({facts}) => facts.daemon_reachable),
	ofDaemons('info_height', "The height of the daemon's chain.", ({facts}) => facts.daemon_height),
	ofDaemons(
		'info_height_without_bootstrap',
		"The height of the daemon's own chain while it uses a bootstrap daemon.",
		({facts}) => facts.daemon_own_height,
	),
	ofDaemons('info_target_height', 'The height the daemon is syncing to (full only).', ({facts}) => facts.target_height),
	ofDaemons(
		'info_synchronized',
		'Whether the daemon reports that it is synchronized.',
		({facts}) => facts.daemon_synchronized,
	),
	ofDaemons('info_mainnet', 'Whether the daemon is on mainnet.', ({facts: {nettype}}) =>
		nettype === undefined ? undefined : nettype === 'mainnet',
	),
	ofDaemons('info_offline', 'Whether the daemon runs in offline mode (full only).', ({facts}) => facts.offline),
	ofDaemons(
		'info_incoming_connections',
		'Number of incoming peer connections of the daemon (full only; hidden by a restricted daemon).',
		({facts}) => facts.incoming_peers,
	),
	ofDaemons(
		'info_outgoing_connections',
		'Number of outgoing peer connections of the daemon (full only; hidden by a restricted daemon).',
		({facts}) => facts.outgoing_peers,
	),
	ofDaemons('daemon_lag_blocks', 'Number of blocks the daemon is behind.', ({facts}) => facts.daemon_lag),
	ofDaemons('lastblock_timestamp_seconds', "Timestamp of the daemon's last block.", lastBlockSeconds),
];
