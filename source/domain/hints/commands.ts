import type {PidDetails, ProcessIdentity, Result} from '../check-result.js';
import {hostInUrl, parseDaemonAddress} from '../daemon-address.js';
import type {Node} from '../node/node.js';
import type {LoginFileSearch, NoAnswerCause, OwnPlace, RpcOutcome} from '../ports.js';
import {shortContainer, unitRole} from '../process-identity.js';
import {shellWord} from '../text.js';
import type {NodeChanges, Remedy} from './remedy.js';

// Commands of other programs that can be pasted into a shell.

/** A remedy that changes the definition of a node. */
export function editNodeRemedy({node}: Pick<HintEvidence, 'node'>, changes: NodeChanges): Remedy {
	return {kind: 'edit-node', node: node.name, changes};
}

/** A remedy that shows how a node is configured. */
export function showNodeRemedy({node}: Pick<HintEvidence, 'node'>): Remedy {
	return {kind: 'show-node', node: node.name};
}

/** A remedy that watches a node until it works again. */
export function watchNodeRemedy({node}: Pick<HintEvidence, 'node'>): Remedy {
	return {kind: 'watch-node', node: node.name};
}

/** A command to be run on the node's host. */
export function commandOnHost({node, isLocal}: Pick<HintEvidence, 'node' | 'isLocal'>, command: string): string {
	return isLocal
		? command
		: `ssh ${shellWord(node.host)} ${/[|;&<>()$`\\"']/.test(command) ? shellWord(command) : command}`;
}

/** The command that sends an HTTP request to a node, by the same way as xmrtop. @param options of curl */
export function askNodeCommand({host, port, path, tls, proxy}: Node, options: string): string {
	// The query may contain a secret.
	const url = shellWord(`${tls ? 'https' : 'http'}://${hostInUrl(host)}:${port}${path.replace(/\?.*/, '')}`);
	return `curl ${options}${tls ? ' -k' : ''}${proxy === undefined ? '' : ` -x ${shellWord(proxy)}`} ${url}`;
}

/**
 * The command that shows the log of a process, depending on its unit, container or log file; it also works after the
 * process has ended.
 * @returns `undefined` if no log is known
 */
export function logCommand(evidence: HintEvidence, process: Partial<ProcessIdentity> | undefined): string | undefined {
	const {here, isLocal, logFile} = evidence;
	const {unit} = process ?? {};
	const isOwn = isLocal && unit !== undefined && unitRole(unit) === 'own';
	const ofUnit = isOwn ? journalCommand(unit, process?.unit_uid, here) : undefined;
	const ofContainer = isLocal ? containerLog(process, here) : undefined;
	const ofFile = logFile === undefined ? undefined : `tail -n 50 ${shellWord(logFile)}`;
	return here.hasSystemd ? (ofUnit ?? ofContainer ?? ofFile) : (ofContainer ?? ofFile ?? ofUnit);
}

/**
 * `--user-unit` shows only the units of the user that runs journalctl: for units of another user the journal's fields are
 * matched.
 */
function journalCommand(unit: string, unitUid: number | undefined, {uid, hasSystemd}: HintEvidence['here']): string {
	const name = shellWord(unit);
	const command = `journalctl ${unitUid === undefined ? '-u' : '--user-unit'} ${name} -n 50`;
	const isOthers = unitUid !== undefined && unitUid !== uid;
	const fields = `journalctl ${shellWord(`_SYSTEMD_USER_UNIT=${unit}`)} _UID=${unitUid} -n 50`;
	const remarks = [
		...(isOthers ? [`as uid ${unitUid}; as root: ${fields}`] : []),
		// xmrtop runs in a container that shares the process namespace of its host.
		...(hasSystemd ? [] : ['on its host: no systemd is seen here']),
	];
	return remarks.length === 0 ? command : `${command} (${remarks.join('; ')})`;
}

const logs: Readonly<Record<NonNullable<ProcessIdentity['container_engine']>, ((id: string) => string) | undefined>> = {
	docker: id => `docker logs --tail 50 ${id}`,
	podman: id => `podman logs --tail 50 ${id}`,
	kubernetes: id => `crictl logs --tail 50 ${id}`,
	nerdctl: id => `nerdctl logs --tail 50 ${id}`,
	nspawn: id => `journalctl -M ${id} -n 50`,
	lxc: undefined,
};

function containerLog(process: Partial<ProcessIdentity> | undefined, here: HintEvidence['here']): string | undefined {
	const {container, container_engine: engine, unit_uid: unitUid} = process ?? {};
	if (container === undefined || engine === undefined || (engine === 'nspawn' && !here.hasSystemd)) {
		return undefined;
	}

	const command = logs[engine]?.(shellWord(shortContainer(container)));
	return command !== undefined && unitUid !== undefined && unitUid !== here.uid
		? `${command} (as uid ${unitUid})`
		: command;
}

/** The command that shows what a node's process is doing, or its log if it has ended. */
export function inspectProcessCommand(evidence: HintEvidence): string {
	const {pid, processBefore} = evidence;
	const {pid: id} = pid.details;
	if (pid.status && id !== undefined) {
		return logCommand(evidence, pid.details) ?? `top -H -p ${id}`;
	}

	const program = evidence.node.kind === 'daemon' ? 'monerod' : 'monero-wallet-rpc';
	return logCommand(evidence, processBefore) ?? commandOnHost(evidence, `pgrep -l -f ${program}`);
}

/** The command that thaws a frozen process, or shows the cgroup that froze it. */
export function thawCommand(process: Partial<ProcessIdentity>, here: HintEvidence['here']): string {
	const {unit, unit_uid: unitUid, container, container_engine: engine} = process;
	if (container !== undefined && (engine === 'docker' || engine === 'podman' || engine === 'nerdctl')) {
		return `${engine} unpause ${shellWord(shortContainer(container))}`;
	}

	if (unit === undefined || !here.hasSystemd || unitRole(unit) !== 'own') {
		return `cat /proc/${process.pid}/cgroup`;
	}

	const asWhom = unitUid === undefined || unitUid === here.uid ? '' : ` (as uid ${unitUid})`;
	return `systemctl ${unitUid === undefined ? '' : '--user '}thaw ${shellWord(unit)}${asWhom}`;
}

/** The command that lists the sockets on which a node's process listens. */
export function listListenersCommand({pid, hasOwnNetworkNamespace}: HintEvidence): string {
	const id = pid.details.pid;
	return hasOwnNetworkNamespace ? `nsenter -t ${id} -n ss -ltn` : `ss -ltnp | grep pid=${id},`;
}

/** The command that lists the connections to a node. */
export function listConnectionsCommand(evidence: HintEvidence): string {
	const {node, pid, hasOwnNetworkNamespace} = evidence;
	const command = `ss -tn sport = :${node.port}`;
	return hasOwnNetworkNamespace && pid.status
		? `nsenter -t ${pid.details.pid} -n ${command}`
		: commandOnHost(evidence, command);
}

/** The command that sends a daemon the same request as xmrtop. */
export function askDaemonCommand({node}: Pick<HintEvidence, 'node'>, daemon: string): string {
	const {daemon_tls: tls, daemon_username: username, daemon_proxy: proxy} = node;
	const isHttps = daemon.startsWith('https://') || tls !== undefined;
	const url = `${isHttps ? 'https' : 'http'}://${daemon.replace(/^https?:\/\//, '')}/get_info`;
	const trust = tls?.ca_file !== undefined ? `--cacert ${shellWord(tls.ca_file)} ` : tls ? '-k ' : '';
	const login = username === undefined ? '' : `--digest -u ${shellWord(username)} `;
	const way = proxy === undefined ? '' : `-x ${shellWord(proxy)} `;
	return `curl -m ${proxy === undefined ? 5 : 30} ${way}${trust}${login}${shellWord(url)}`;
}

/** The command that connects to a node's daemon from the wallet's network namespace or host. */
export function connectAsWalletCommand(evidence: HintEvidence): string {
	const {pid, hasOwnNetworkNamespace, daemon} = evidence;
	const address = daemon === undefined ? undefined : parseDaemonAddress(daemon);
	const place = address === undefined ? 'HOST PORT' : `${shellWord(address.host)} ${address.port}`;
	const command = `nc -vz -w 5 ${place}`;
	return hasOwnNetworkNamespace && pid.status
		? `nsenter -t ${pid.details.pid} -n ${command}`
		: commandOnHost(evidence, command);
}

/** A node's port in words. */
export function nodePortText({node, isLocal}: Pick<HintEvidence, 'node' | 'isLocal'>): string {
	return isLocal ? `port ${node.port}` : `${hostInUrl(node.host)}:${node.port}`;
}

/** The findings of a `full` check that hints are based on. */
export interface HintEvidence {
	readonly node: Node;
	/** The machine on which the hint is made and its commands are run. */
	readonly here: OwnPlace;
	/** Whether the node's process may be on this machine. */
	readonly isLocal: boolean;
	readonly pid: Result<PidDetails>;
	/** Whether that process is known to serve the node's port. Default true. */
	readonly isProven?: boolean;
	/** Whether that process has its own network namespace. */
	readonly hasOwnNetworkNamespace?: boolean;
	/** The log file on that process's command line. */
	readonly logFile?: string;
	/** The last process that was seen before this check. */
	readonly processBefore: ProcessIdentity | undefined;
	/** Why the connection to the port failed; `undefined` if it succeeded. */
	readonly portCause: NoAnswerCause | undefined;
	/** The system's error message for that. */
	readonly portError?: string;
	/** The outcome of `get_version`; `undefined` if it was not called. */
	readonly outcome: RpcOutcome | undefined;
	/** Whether a wallet gave that answer. */
	readonly works: boolean;
	/** Whether monerod gave that answer. */
	readonly isMonerod: boolean;
	/** What prevents a working node from being `up`. */
	readonly shortcoming: ShortcomingKind | undefined;
	/** The daemon that causes the problem. */
	readonly causedBy: string | undefined;
	/** Whether the process was seen working while the API did not answer. */
	readonly isBusy: boolean;
	/** Whether a proxy answered at once that it cannot reach the wallet. */
	readonly isProxyRefusal?: boolean;
	/** Whether the process is in a crash loop. */
	readonly isCrashLoop?: boolean;
	/** Whether the API ever answered correctly. */
	readonly hasAnswered?: boolean;
	/** Whether the process replaced another one. */
	readonly hasRestarted?: boolean;
	/** The node's daemon, in its short form. */
	readonly daemon?: string;
	/** The remote address of the wallet's connection to a daemon, if there is one. */
	readonly linkPeer?: string;
	/** The login file that the wallet wrote, if a login was refused and the wallet's process is visible. */
	readonly loginFile?: LoginFileSearch;
}

/** What can prevent a node whose API works from being `up`. */
export type ShortcomingKind =
	| 'daemon'
	| 'daemon_login'
	| 'daemon_certificate'
	| 'daemon_connection'
	| 'daemon_fork'
	| 'daemon_reset'
	| 'clock'
	| 'no_wallet'
	| 'wallet_behind'
	| 'wallet_stalled'
	| 'wallet_unlinked'
	| 'wallet_moved'
	| 'height_unknown'
	| 'slow';
