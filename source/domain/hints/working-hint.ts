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
		`The wallet is fine, its daemon is not. Look at it: ${askDaemon(evidence, evidence.causedBy ?? '')}`,
	daemon_login: evidence => {
		const daemon = `--daemon ${shellWord(evidence.causedBy ?? '')}`;
		return `The daemon answers and asks for a login. Give one: ${editNode(evidence, `${daemon} --daemon-username U --daemon-password-file F`)}; or leave it alone: ${editNode(evidence, '--daemon none')}`;
	},
	daemon_certificate: evidence =>
		`Pin the daemon's certificate: ${editNode(evidence, '--daemon-tls-fingerprint F')}, with F from: openssl s_client -connect ${shellWord((evidence.causedBy ?? '').replace('https://', ''))} </dev/null | openssl x509 -noout -fingerprint -sha256`,
	daemon_fork: evidence =>
		`Two daemons disagree about the chain: until it is known which is right, do not trust balances behind either. Compare with a block explorer: ${askDaemon(evidence, evidence.causedBy ?? '')}`,
	clock: ({causedBy, here}) =>
		causedBy === undefined
			? `Times, block ages and certificates are judged by a wrong clock. Look at it: ${here.hasSystemd ? 'timedatectl' : 'date -u'}`
			: `A daemon whose clock is wrong refuses good blocks. Set the clock of its machine: ${causedBy}`,
	daemon_reset: evidence =>
		`The daemon was started with an empty or an older chain, and the wallet waits for it to come back. Look at it: ${askDaemon(evidence, evidence.causedBy ?? '')}`,
	no_wallet: evidence =>
		`The program that uses this wallet has to open it. When none is to be open: ${editNode(evidence, '--no-expect-wallet')}`,
	wallet_behind: evidence =>
		`The wallet reads blocks: leave it running while the lag shrinks. Watch it: ${xmrtop(evidence, evidence.node.name)}`,
	wallet_stalled: evidence =>
		`The wallet answers and reads no blocks: its refresh is switched off (auto_refresh), or fails; its log says which. Try: ${lookAtProcess(evidence)}`,
	height_unknown: evidence => `The wallet answered one question and not the next. Try: ${lookAtProcess(evidence)}`,
	slow: evidence => `The wallet has one thread, and something keeps it busy. Try: ${lookAtProcess(evidence)}`,
};

/** What to do about a node whose API works. @returns `undefined` when nothing is wrong */
export function workingHint(evidence: HintEvidence): string | undefined {
	return evidence.shortcoming && hints[evidence.shortcoming](evidence);
}
