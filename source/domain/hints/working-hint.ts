import {hostInUrl} from '../daemon-address.js';
import type {HintEvidence} from './hint.js';

/** What can keep a node whose API works from being `up`. */
export type ShortcomingKind =
	| 'daemon'
	| 'daemon_login'
	| 'daemon_certificate'
	| 'daemon_fork'
	| 'daemon_reset'
	| 'clock'
	| 'no_wallet'
	| 'wallet_behind'
	| 'wallet_stalled'
	| 'height_unknown'
	| 'slow';

/** Advice for each of them; a new one does not compile without its row. */
const hints: Readonly<Record<ShortcomingKind, (evidence: HintEvidence) => string>> = {
	daemon: ({causedBy = ''}) => `The wallet is fine, its daemon is not. Look at it: ${askDaemon(causedBy)}`,
	daemon_login: ({node, causedBy = ''}) =>
		`The daemon answers and asks for a login. Give one: xmrtop nodes edit ${node.name} --daemon ${causedBy} --daemon-username U --daemon-password-file F; or leave it alone: --daemon none`,
	daemon_certificate: ({node, causedBy = ''}) =>
		`Pin the daemon's certificate: xmrtop nodes edit ${node.name} --daemon-tls-fingerprint F, with F from: openssl s_client -connect ${causedBy.replace('https://', '')} </dev/null | openssl x509 -noout -fingerprint -sha256`,
	daemon_fork: ({causedBy = ''}) =>
		`Two daemons disagree about the chain: until it is known which is right, do not trust balances behind either. Compare with a block explorer: ${askDaemon(causedBy)}`,
	clock: ({causedBy}) =>
		causedBy === undefined
			? 'Times, block ages and certificates are judged by a wrong clock. Compare: date -u; timedatectl'
			: `A daemon whose clock is wrong refuses good blocks. Set the clock of its machine: ${causedBy}`,
	daemon_reset: ({causedBy = ''}) =>
		`The daemon was started with an empty or an older chain, and the wallet waits for it to come back. Look at it: ${askDaemon(causedBy)}`,
	no_wallet: ({node}) =>
		`The program that uses this wallet has to open it. When none is to be open: xmrtop nodes edit ${node.name} --no-expect-wallet`,
	wallet_behind: ({node}) =>
		`The wallet reads blocks: leave it running while the lag shrinks. Watch it: xmrtop ${node.name}`,
	wallet_stalled: evidence =>
		`The wallet answers and reads no blocks: its refresh is switched off, or fails. Look at its log, or restart it. Try: ${lookAtProcess(evidence)}`,
	height_unknown: evidence => `The wallet answered one question and not the next. Try: ${lookAtProcess(evidence)}`,
	slow: evidence => `The wallet has one thread, and something keeps it busy. Try: ${lookAtProcess(evidence)}`,
};

/** What to do about a node whose API works. @returns `undefined` when nothing is wrong */
export function workingHint(evidence: HintEvidence): string | undefined {
	return evidence.shortcoming && hints[evidence.shortcoming](evidence);
}

/** The command that shows what a node's process does. */
export function lookAtProcess({pid, node, isLocal}: HintEvidence): string {
	if (pid.status && pid.details.pid !== undefined) {
		return pid.details.unit === undefined ? `top -H -p ${pid.details.pid}` : `journalctl -u ${pid.details.unit} -n 50`;
	}

	return isLocal ? 'pgrep -l -f monero-wallet-rpc' : `ssh ${node.host} pgrep -l -f monero-wallet-rpc`;
}

/** The command that asks a daemon what xmrtop asks it. */
export function askDaemon(daemon: string): string {
	return `curl -m 5 ${daemon.startsWith('https') ? '' : 'http://'}${daemon}/get_info`;
}

/** How a person names a node's port. */
export function placeOf({node, isLocal}: Pick<HintEvidence, 'node' | 'isLocal'>): string {
	return isLocal ? `port ${node.port}` : `${hostInUrl(node.host)}:${node.port}`;
}
