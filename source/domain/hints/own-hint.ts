import {isIpAddress} from '../daemon-address.js';
import {isOwnCause} from '../rpc/rpc-failure.js';
import {shellWord} from '../shell-word.js';
import {xmrtop} from './commands.js';
import type {HintEvidence} from './hint.js';

interface Trouble {
	/** What the failure's own words say. */
	readonly words: RegExp;
	readonly advice: (evidence: HintEvidence) => string;
}

/** What to do about each thing that this side lacks. */
const troubles: readonly Trouble[] = [
	{
		words: /too many open files/,
		advice: evidence =>
			`Raise the limit of open files (ulimit -n, or LimitNOFILE= of its service), or check fewer nodes at once: ${xmrtop(evidence, 'config set concurrency 32')}`,
	},
	{
		words: /no route to|rejects/,
		advice: ({node}) =>
			isIpAddress(node.host)
				? `Look at this machine's routes: ip route get ${node.host.replace(/%.*/, '')}`
				: "Look at this machine's network: ip route",
	},
	{
		words: /name resolution/,
		advice: ({node}) => `Look at this machine's resolver: getent ahosts ${node.host}`,
	},
	{
		words: /firewall or policy/,
		advice: () =>
			"Look at this machine's firewall (nft list ruleset), and at IPAddressDeny= of the service xmrtop runs in",
	},
	{
		words: /address family/,
		advice: () =>
			'Look at RestrictAddressFamilies= of the service xmrtop runs in, and whether IPv6 is on: ip -6 address',
	},
	{words: /network is down/, advice: () => "Look at this machine's network: ip link"},
	{words: /no free port/, advice: () => "Look at this machine's sockets: ss -s"},
];

/** What to do where the check failed on this side, which says nothing of the node. */
export function ownTrouble(evidence: HintEvidence): string | undefined {
	const {outcome, portCause, portError = ''} = evidence;
	const failed = outcome?.kind === 'no_answer' ? outcome : undefined;
	const cause = outcome ? failed?.cause : portCause;
	if (cause === undefined || !isOwnCause(cause) || cause === 'tls_ca_unreadable') {
		return undefined;
	}

	const error = failed?.error ?? portError;
	const advice = troubles.find(({words}) => words.test(error))?.advice(evidence);
	return advice && `Nothing is known of the node. ${advice}`;
}

/** How to look at a file that cannot be read. */
export function lookAtFile(path: string): string {
	return `ls -l ${shellWord(path)}`;
}
