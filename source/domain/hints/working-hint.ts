import {shellWord} from '../shell-word.js';
import {askDaemon, editNode, lookAtProcess, xmrtop} from './commands.js';
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
	daemon: evidence =>
		`The wallet works, but its daemon does not. Check it: ${askDaemon(evidence, evidence.causedBy ?? '')}`,
	daemon_login: evidence => {
		const daemon = `--daemon ${shellWord(evidence.causedBy ?? '')}`;
		return `The daemon answers but requires a login. Set it: ${editNode(evidence, `${daemon} --daemon-username U --daemon-password-file F`)}; or do not check it: ${editNode(evidence, '--daemon none')}`;
	},
	daemon_certificate: evidence =>
		`Pin the daemon's certificate: ${editNode(evidence, '--daemon-tls-fingerprint F')}, with F from: openssl s_client -connect ${shellWord((evidence.causedBy ?? '').replace('https://', ''))} </dev/null | openssl x509 -noout -fingerprint -sha256`,
	daemon_fork: evidence =>
		`Two daemons disagree about the chain: until it is clear which one is right, do not trust balances from either. Compare with a block explorer: ${askDaemon(evidence, evidence.causedBy ?? '')}`,
	clock: ({causedBy, here}) =>
		causedBy === undefined
			? `Times, block ages and certificates are checked against a wrong clock. Check it: ${here.hasSystemd ? 'timedatectl' : 'date -u'}`
			: `A daemon with a wrong clock rejects valid blocks. Set the clock of its machine: ${causedBy}`,
	daemon_reset: evidence =>
		`The daemon was started with an empty or older chain, and the wallet waits until it has caught up. Check it: ${askDaemon(evidence, evidence.causedBy ?? '')}`,
	no_wallet: evidence =>
		`The program that uses this RPC server has to open a wallet. If none should be open: ${editNode(evidence, '--no-expect-wallet')}`,
	wallet_behind: evidence =>
		`The wallet is scanning blocks: leave it running while the lag shrinks. To follow it: ${xmrtop(evidence, evidence.node.name)}`,
	wallet_stalled: evidence =>
		`The wallet answers but does not scan blocks: auto_refresh is off or fails; see its log. Try: ${lookAtProcess(evidence)}`,
	height_unknown: evidence => `The wallet answered one request but not the next. Try: ${lookAtProcess(evidence)}`,
	slow: evidence => `The wallet's only thread is busy. Try: ${lookAtProcess(evidence)}`,
};

/** What to do about a node whose API works. @returns `undefined` when nothing is wrong */
export function workingHint(evidence: HintEvidence): string | undefined {
	return evidence.shortcoming && hints[evidence.shortcoming](evidence);
}
