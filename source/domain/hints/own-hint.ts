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
			`Raise the limit of open files (ulimit -n, or LimitNOFILE= of its service), or run fewer checks at once: ${xmrtop(evidence, 'config set concurrency 32')}`,
	},
	{
		words: /no route to|rejects/,
		advice: ({node}) =>
			isIpAddress(node.host)
				? `Check the routes of this machine: ip route get ${node.host.replace(/%.*/, '')}`
				: 'Check the network of this machine: ip route',
	},
	{
		words: /name resolution/,
		advice: ({node}) => `Check the resolver of this machine: getent ahosts ${node.host}`,
	},
	{
		words: /firewall or policy/,
		advice: () =>
			'Check the firewall of this machine (nft list ruleset), and IPAddressDeny= of the service that runs xmrtop',
	},
	{
		words: /address family/,
		advice: () =>
			'Check RestrictAddressFamilies= of the service that runs xmrtop, and whether IPv6 is enabled: ip -6 address',
	},
	{words: /network is down/, advice: () => 'Check the network of this machine: ip link'},
	{words: /no free port/, advice: () => 'Check the sockets of this machine: ss -s'},
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
	return advice && `The state of the node is unknown. ${advice}`;
}

/** How to look at a file that cannot be read. */
export function lookAtFile(path: string): string {
	return `ls -l ${shellWord(path)}`;
}
