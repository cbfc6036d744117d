import type {ForeignService} from '../ports.js';
import {type Advice, advice} from '../remedy.js';
import {foreignServiceInAnswer, serviceText} from '../rpc/wallet-rpc.js';
import {editNodeRemedy} from './commands.js';
import type {HintEvidence} from './evidence.js';

/** What to know about some of them besides their name. */
const warnings: Readonly<Partial<Record<ForeignService, string>>> = {
	zmq: 'Do not send HTTP to it: the ZMQ server of monerod before 0.18.3.2 exits on the first request. ',
	moneropay:
		'It uses its own monero-wallet-rpc; use the port of that. Its /health refreshes the wallet on every request: do not poll it often. ',
};

/** Where another service names itself: what it is, and the command that gives another port. */
export function foreignServiceHint(evidence: HintEvidence): Advice | undefined {
	const {node, outcome} = evidence;
	const service = outcome && foreignServiceInAnswer(outcome);
	return service === undefined
		? undefined
		: advice`Port ${node.port} is ${serviceText(service)}. ${warnings[service] ?? ''}Use the port of monero-wallet-rpc: ${editNodeRemedy(evidence, {port: 'N'})}`;
}

/** The ports that programs which close the connection to a request in HTTP have by default. */
const usualPorts: ReadonlyMap<number, string> = new Map([
	[18_080, "monerod's P2P port"],
	[28_080, "monerod's P2P port on testnet"],
	[38_080, "monerod's P2P port on stagenet"],
	[3333, 'the Stratum port of mining servers'],
	[37_889, "P2Pool's P2P port"],
	[5432, 'the port of PostgreSQL'],
	[6379, 'the port of Redis'],
]);

/** What usually listens on a port, where that is something that closes the connection to a request in HTTP. */
export function usualPortHint(evidence: HintEvidence): Advice | undefined {
	const {port} = evidence.node;
	const usual = usualPorts.get(port);
	return (
		usual &&
		advice`The connection is closed without a response, and ${port} is usually ${usual}. Use the port of monero-wallet-rpc: ${editNodeRemedy(evidence, {port: 'N'})}`
	);
}
