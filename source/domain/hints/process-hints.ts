import {isIpAddress} from '../daemon-address.js';
import {type UnitRole, unitRole} from '../process-identity.js';
import {isLocalRpcCause} from '../rpc/wallet-rpc.js';
import {shellWord} from '../text.js';
import {
	commandOnHost,
	editNodeRemedy,
	type HintEvidence,
	inspectProcessCommand,
	listListenersCommand,
	logCommand,
	nodePortText,
	thawCommand,
} from './commands.js';
import {type Advice, advice, type Remedy} from './remedy.js';

/** The hint for a stopped process; how to resume it depends on what stopped it. */
export function stoppedProcessHint({pid, here, isProven = true}: HintEvidence): string | undefined {
	const {pid: id, stopped, stopped_by: by, tracer} = pid.details;
	if (!pid.status || !stopped) {
		return undefined;
	}

	if (by === 'tracer') {
		const who = tracer === undefined ? 'A debugger' : `A debugger (${tracer})`;
		return `${who} has stopped the process. It resumes when the debugger detaches; a signal does not help. To find the debugger: grep TracerPid /proc/${id}/status`;
	}

	if (by === 'freezer') {
		return `The process is frozen by its cgroup; a signal does not help. Try: ${thawCommand(pid.details, here)}`;
	}

	const inspect = `ps -o pid,ppid,stat,lstart,args -p ${id}`;
	return isProven
		? `The process is stopped by a signal and will not answer until it is resumed. Try: kill -CONT ${id}`
		: `Process ${id} is stopped, but may not belong to this node. Check it: ${inspect}`;
}

/** The hint for a process that ends soon after every start. */
export function crashLoopHint(evidence: HintEvidence): string {
	const {isLocal, pid, processBefore, node} = evidence;
	const log = isLocal ? logCommand(evidence, pid.status ? pid.details : processBefore) : undefined;
	return `The wallet exits soon after every start. To see why: ${log ?? `check its log, and what restarts ${node.name}`}`;
}

/** What started a process that has ended, if it was not its own service. */
const gone: Readonly<Record<Exclude<UnitRole, 'own'>, (unit: string) => string>> = {
	login: unit => `it was started from a login session (${unit}) and may have ended with it`,
	scheduler: unit => `it was started by ${unit}, which may not start it again`,
	supervisor: unit => `it was started by ${unit}`,
	engine: unit => `it was started by ${unit}`,
};

/** Whether a connection was accepted and then ended without an answer. */
export const isConnectionLost = ({outcome}: HintEvidence): boolean =>
	outcome?.kind === 'no_answer' && (outcome.cause === 'closed' || outcome.cause === 'reset');

/**
 * The hint for a process that has ended with a network of its own, like that of a container: nothing else was at its address.
 * While it ends, a connection may still be accepted, and is reset then.
 */
export function goneNetworkHint(evidence: HintEvidence): Advice | undefined {
	const {node, pid, processBefore, portCause, isBusy} = evidence;
	const isGone = pid.details.message === 'Process not found' && processBefore?.network_host === node.host;
	if (!isGone || (portCause === undefined && (isBusy || !isConnectionLost(evidence)))) {
		return undefined;
	}

	const log = logCommand(evidence, processBefore);
	const why = log === undefined ? 'Start it again' : `To see why it ended: ${log}`;
	return advice`The process is gone, and with it its own network, which had the address ${node.host}. ${why}; if it runs again at another address: ${editNodeRemedy(evidence, {host: 'HOST'})}`;
}

/** The hint for a port on which nothing listens. */
export function closedPortHint(evidence: HintEvidence): Advice | undefined {
	const {node, isLocal, pid, processBefore, portCause, isBusy} = evidence;
	if (portCause !== 'refused') {
		return undefined;
	}

	const {pid: id, is_monero_process: isMonero} = pid.details;
	if (isLocal && pid.status && isMonero) {
		return isBusy
			? `Process ${id} is starting: it reads the chain before it listens on port ${node.port}. Do not restart it. To follow it: ${inspectProcessCommand(evidence)}`
			: `Process ${id} is running but does not listen on port ${node.port}: it may still be starting, or use another port. Try: ${listListenersCommand(evidence)}`;
	}

	const place = nodePortText(evidence);
	if (!isLocal) {
		return `Nothing listens on ${place}; whether the process is running can only be seen on that host. Try: ${commandOnHost(evidence, 'pgrep -l -f monero-wallet-rpc')}`;
	}

	if (pid.details.state === 'unknown' && id !== undefined) {
		return `Nothing listens on ${place}. Process ${id} exists, but this user is not permitted to inspect it. Try: ps -fp ${id}`;
	}

	const ended = logCommand(evidence, processBefore);
	if (ended !== undefined) {
		return `The process is gone and nothing listens on port ${node.port}. To see why it ended: ${ended}`;
	}

	const unit = processBefore?.unit;
	const role = unit === undefined ? 'own' : unitRole(unit);
	const how = unit === undefined || role === 'own' ? '' : `; ${gone[role](unit)}`;
	if (role === 'supervisor' && unit !== undefined && /^supervisord?\.service$/.test(unit)) {
		return `Nothing listens on ${place}${how}. Check: supervisorctl status`;
	}

	return advice`Nothing listens on ${place}${how}. Start its monero-wallet-rpc, or correct the address: ${editNodeRemedy(evidence, {port: 'N'})}`;
}

interface LocalProblem {
	/** Matches the error message of the failure. */
	readonly words: RegExp;
	readonly help: (evidence: HintEvidence) => Advice;
}

const fewerAtOnce: Remedy = {kind: 'set-setting', setting: 'concurrency', value: '32'};

/** The advice for each problem of this machine. */
const localProblems: readonly LocalProblem[] = [
	{
		words: /too many open files/,
		help: () =>
			advice`Raise the limit of open files (ulimit -n, or LimitNOFILE= of its service), or run fewer checks at once: ${fewerAtOnce}`,
	},
	{
		words: /no route to|rejects/,
		help: ({node}) =>
			isIpAddress(node.host)
				? `Check the routes of this machine: ip route get ${node.host.replace(/%.*/, '')}`
				: 'Check the network of this machine: ip route',
	},
	{
		words: /name resolution/,
		help: ({node}) => `Check the resolver of this machine: getent ahosts ${node.host}`,
	},
	{
		words: /firewall or policy/,
		help: () =>
			'Check the firewall of this machine (nft list ruleset), and IPAddressDeny= of the service that runs xmrtop',
	},
	{
		words: /address family/,
		help: () =>
			'Check RestrictAddressFamilies= of the service that runs xmrtop, and whether IPv6 is enabled: ip -6 address',
	},
	{words: /network is down/, help: () => 'Check the network of this machine: ip link'},
	{words: /no free port/, help: () => 'Check the sockets of this machine: ss -s'},
];

/** The hint for a check that failed because of this machine, which says nothing about the node. */
export function localFailureHint(evidence: HintEvidence): Advice | undefined {
	const {outcome, portCause, portError = ''} = evidence;
	const failed = outcome?.kind === 'no_answer' ? outcome : undefined;
	const cause = outcome ? failed?.cause : portCause;
	if (cause === undefined || !isLocalRpcCause(cause) || cause === 'tls_ca_unreadable') {
		return undefined;
	}

	const error = failed?.error ?? portError;
	const help = localProblems.find(({words}) => words.test(error))?.help(evidence);
	return help && advice`The state of the node is unknown. ${help}`;
}

/** The command that shows the permissions of a file that cannot be read. */
export function inspectFileCommand(path: string): string {
	return `ls -l ${shellWord(path)}`;
}
