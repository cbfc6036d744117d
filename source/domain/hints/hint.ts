import {compact} from '../compact.js';
import {canonicalHost, hostInUrl, isLoopback, isPrivateAddress, noDaemon, overlayNetwork} from '../daemon-address.js';
import {walletOptionText} from '../discovery/wallet-options.js';
import type {ForeignService, LoginRefusal, NoAnswerCause} from '../ports.js';
import {foreignServiceInAnswer, serviceText} from '../rpc/wallet-rpc.js';
import {shellWord} from '../text.js';
import {
	askDaemonCommand,
	askNodeCommand,
	connectAsWalletCommand,
	editNodeRemedy,
	type HintEvidence,
	inspectProcessCommand,
	listConnectionsCommand,
	logCommand,
	type ShortcomingKind,
	showNodeRemedy,
	watchNodeRemedy,
} from './commands.js';
import {
	closedPortHint,
	crashLoopHint,
	goneNetworkHint,
	inspectFileCommand,
	isConnectionLost,
	localFailureHint,
	stoppedProcessHint,
} from './process-hints.js';
import {type Advice, advice, type Remedy} from './remedy.js';

type Rule = (evidence: HintEvidence) => Advice | undefined;

/**
 * Each rule recognizes one kind of failure. The first rule that applies gives the hint, because it belongs to the first
 * broken step.
 */
const rules: readonly Rule[] = [
	brokenProxy,
	localFailureHint,
	unresolvedName,
	stoppedProcessHint,
	goneNetworkHint,
	closedPortHint,
	unreachablePort,
	foreignServiceHint,
	monerodAnswers,
	refusedLogin,
	brokenTls,
	waitingProxy,
	otherHttpServer,
	closedConnection,
	silentApi,
];

/**
 * Says what most likely broke, and which command to try next. The hint contains only names that were seen or configured,
 * and no secrets.
 * @returns `undefined` if nothing is wrong, or no helpful hint is known
 */
export function hintFor(evidence: HintEvidence): Advice | undefined {
	if (evidence.isCrashLoop) {
		return crashLoopHint(evidence);
	}

	if (evidence.works) {
		return workingHint(evidence);
	}

	return firstHint(rules, evidence);
}

function firstHint(rules: readonly Rule[], evidence: HintEvidence): Advice | undefined {
	for (const rule of rules) {
		const hint = rule(evidence);
		if (hint !== undefined) {
			return hint;
		}
	}

	return undefined;
}

/** With a proxy, the network of this machine says nothing about the node, so no other rule applies. */
function brokenProxy({node, portCause}: HintEvidence): Advice | undefined {
	if (node.proxy === undefined || portCause === undefined) {
		return undefined;
	}

	return portCause === 'not_checkable'
		? `The proxy of the node does not work from here: it has to run, and to be a SOCKS5 proxy without a login. Try: ${askNodeCommand(node, '-m 60')}`
		: `The proxy works and does not reach the node. Try: ${askNodeCommand(node, '-m 60')}`;
}

function unresolvedName(evidence: HintEvidence): Advice | undefined {
	const {node, portCause} = evidence;
	const network = portCause === 'unresolved' && node.proxy === undefined ? overlayNetwork(node.host) : undefined;
	if (network !== undefined) {
		return advice`${node.host} can only be reached through ${network}: name its SOCKS5 proxy: ${editNodeRemedy(evidence, {proxy: 'socks5h://127.0.0.1:9050'})}`;
	}

	return portCause === 'unresolved'
		? `The name ${node.host} does not resolve. Try: getent ahosts ${node.host}`
		: undefined;
}

function unreachablePort({node, isLocal, portCause}: HintEvidence): string | undefined {
	if (portCause !== 'timeout' && portCause !== 'unreachable') {
		return undefined;
	}

	const why = isLocal ? 'a firewall drops them, or its backlog is full' : 'the host is off, or a firewall drops them';
	return `${node.host} does not accept connections on ${node.port}: ${why}. Try: nc -vz ${node.host} ${node.port}`;
}

function monerodAnswers(evidence: HintEvidence): Advice | undefined {
	const {node, isMonerod} = evidence;
	const daemon = `${hostInUrl(node.host)}:${node.port}`;
	return isMonerod
		? advice`Port ${node.port} is monerod's. Use the port of monero-wallet-rpc: ${editNodeRemedy(evidence, {port: 'N', daemon})}`
		: undefined;
}

function refusedLogin(evidence: HintEvidence): Advice | undefined {
	const {outcome} = evidence;
	return outcome?.kind === 'login_refused' ? loginHints[outcome.refusal](evidence) : undefined;
}

function brokenTls(evidence: HintEvidence): Advice | undefined {
	const {outcome} = evidence;
	return outcome?.kind === 'no_answer' ? tlsHints[outcome.cause]?.(evidence) : undefined;
}

const proxyCodes: ReadonlySet<number> = new Set([502, 503, 504]);

function waitingProxy(evidence: HintEvidence): string | undefined {
	const {outcome, isBusy, isProxyRefusal} = evidence;
	if (outcome?.kind !== 'http_error' || !proxyCodes.has(outcome.statusCode)) {
		return undefined;
	}

	if (isProxyRefusal && !isBusy) {
		return `The proxy cannot reach the wallet (immediate ${outcome.statusCode}): the wallet is not running, or listens elsewhere. Try: ${inspectProcessCommand(evidence)}`;
	}

	const what = isBusy
		? 'the wallet behind it is busy on its only thread for longer than the proxy timeout'
		: 'the wallet behind it is down, or silent for longer than the proxy timeout';
	return `A proxy answers with ${outcome.statusCode} instead of the wallet: ${what}. Try: ${inspectProcessCommand(evidence)}`;
}

function otherHttpServer({node, outcome}: HintEvidence): string | undefined {
	const isOther = outcome && ['http_error', 'not_rpc', 'too_large', 'rpc_error'].includes(outcome.kind);
	return isOther || (outcome?.kind === 'no_answer' && outcome.cause === 'not_http')
		? `Another service answers there, or a proxy is in front of the wallet. Look at the response: ${askNodeCommand(node, '-i')}`
		: undefined;
}

function closedConnection(evidence: HintEvidence): Advice | undefined {
	const {node, isBusy, hasAnswered, hasRestarted, pid, processBefore} = evidence;
	if (!isConnectionLost(evidence)) {
		return undefined;
	}

	if (isBusy) {
		return `The wallet is still starting and does not listen yet; a relay in front of it (such as docker-proxy, ssh or socat) accepts and closes the connection: do not restart it. To follow it: ${inspectProcessCommand(evidence)}`;
	}

	if (pid.details.message === 'Process not found') {
		const log = logCommand(evidence, processBefore);
		const why = log === undefined ? '' : `. To see why it ended: ${log}`;
		return `The process of the wallet is gone; what listens on port ${node.port} (such as docker-proxy, ssh or socat) has nothing to pass the connection on to${why}`;
	}

	const holders = listConnectionsCommand(evidence);
	if (hasAnswered && !hasRestarted) {
		return `The connection is closed immediately by a wallet that has answered before: its ${connectionLimit(node.host)} are probably all in use. To see the clients: ${holders}`;
	}

	return (
		usualPortHint(evidence) ??
		(node.tls
			? advice`The connection is closed immediately: TLS may be disabled (${editNodeRemedy(evidence, {tls: false})}), or the wallet's ${connectionLimit(node.host)} are all in use: ${holders}`
			: advice`The connection is closed immediately: the wallet may speak only https (${editNodeRemedy(evidence, {tls: true})}), or its ${connectionLimit(node.host)} are all in use: ${holders}`)
	);
}

/**
 * A wallet's limit per client address: 25 connections from an address that Monero regards as private (not every private
 * address); since 0.18.4.0, 3 from any other.
 */
function connectionLimit(host: string): string {
	const address = canonicalHost(host);
	return isLoopback(address) || /^(?:10|172|192|fe..)[.:]/.test(isPrivateAddress(address) ? address : '')
		? '25 connections per address'
		: 'connections per address (since 0.18.4.0: 3 for a public address, 25 for a private one)';
}

function silentApi(evidence: HintEvidence): string | undefined {
	const {outcome, causedBy, isBusy, pid} = evidence;
	if (outcome?.kind !== 'no_answer' || outcome.cause !== 'timeout') {
		return undefined;
	}

	if (causedBy !== undefined) {
		return `The wallet is waiting for its daemon, which hangs; restarting the wallet does not help. Check the daemon: ${askDaemonCommand(evidence, causedBy)}`;
	}

	if (isBusy && !pid.status) {
		return `The wallet accepts connections but does not answer. Its process is not visible from here, so it may be working: wait some minutes, or look on its host: ${inspectProcessCommand(evidence)}`;
	}

	return isBusy
		? `The wallet is busy on its only thread and will answer when it is done: do not restart it. To follow it: ${inspectProcessCommand(evidence)}`
		: `The wallet accepts connections but does not answer: it is waiting for its daemon, or hangs. Try: ${inspectProcessCommand(evidence)}`;
}

const givenLogin = (evidence: HintEvidence): Remedy => editNodeRemedy(evidence, {username: 'U', password: 'typed'});

/** The hint about the login file of a wallet that generated its own login; `undefined` if nothing is known of the file. */
function loginFileHint(evidence: HintEvidence): Advice | undefined {
	const {loginFile} = evidence;
	if (loginFile?.kind === 'readable') {
		return advice`The wallet wrote its login to a file that this user can read. Use it: ${editNodeRemedy(evidence, {login_file: loginFile.path})}`;
	}

	if (loginFile?.kind === 'unreadable') {
		return advice`The wallet wrote its login to ${loginFile.path}, which only its own user can read. Run xmrtop as that user, or use a copy: ${editNodeRemedy(evidence, {login_file: 'F'})}`;
	}

	return loginFile?.kind === 'missing'
		? advice`The wallet wrote no login file, so it was started with ${walletOptionText('rpc-login')}: ${givenLogin(evidence)}`
		: undefined;
}

/** The hint for each reason why a login was refused. */
const loginHints: Readonly<Record<LoginRefusal, (evidence: HintEvidence) => Advice>> = {
	none_given: evidence =>
		loginFileHint(evidence) ??
		advice`The wallet requires a login. Without ${walletOptionText('rpc-login')} it is in monero-wallet-rpc.${evidence.node.port}.login, in the folder the wallet was started in: ${editNodeRemedy(evidence, {login_file: 'F'})}`,
	wrong: evidence => {
		const {node, loginFile} = evidence;
		const {login_config: config, login_file: file} = node;
		// The login in the configured file was just refused, so the same file is not suggested again.
		const isOther = loginFile?.kind === 'readable' && loginFile.path !== file;
		if (isOther || (file !== undefined && loginFile?.kind === 'missing')) {
			return loginFileHint(evidence) ?? '';
		}

		if (config !== undefined) {
			return `The rpc-login in ${config} is not the one the wallet was started with: the file was changed since, or the command line names another login`;
		}

		return file === undefined
			? advice`User and password must match the wallet's ${walletOptionText('rpc-login')}. Try: ${givenLogin(evidence)}`
			: `The login in ${file} does not match this wallet: an old file remains after a kill. Look for a newer one in the folder where the wallet was started`;
	},
	stale: () =>
		'A proxy in front of the wallet spreads requests over several connections, but the login is valid for one only. Use its stream mode, or keep-alive for upstream connections',
	unreadable: unreadableSecret,
	unsupported: evidence =>
		advice`monero-wallet-rpc always offers Digest, so another service answers. Check the address: ${showNodeRemedy(evidence)}`,
};

/** The wallet asks for a login, but this user cannot read the configured one. */
function unreadableSecret(evidence: HintEvidence): Advice {
	const {
		password_file: passwordFile,
		login_file: loginFile,
		login_config: config,
		password_env: variable,
	} = evidence.node;
	if (variable !== undefined) {
		return advice`The wallet requires a login. Set ${variable} in the environment of xmrtop, or use a file: ${editNodeRemedy(evidence, {password_file: 'F'})}`;
	}

	if (loginFile !== undefined) {
		return (
			loginFileHint(evidence) ??
			`The wallet requires a login, but its login file cannot be used here. A wallet writes that file at its start and removes it at its end. Check it: ${inspectFileCommand(loginFile)}`
		);
	}

	return `The wallet requires a login. Make its ${config === undefined ? 'password' : 'configuration'} file readable by the user that runs xmrtop: ${inspectFileCommand(passwordFile ?? config ?? '')}`;
}

const addressOf = ({node}: HintEvidence): string => shellWord(`${hostInUrl(node.host)}:${node.port}`);

const newFingerprint = (evidence: HintEvidence): Advice =>
	advice`${editNodeRemedy(evidence, {'tls.fingerprint': 'F'})}, with F from: openssl s_client -connect ${addressOf(evidence)} </dev/null | openssl x509 -noout -fingerprint -sha256`;

const datesOf = (evidence: HintEvidence): string =>
	`openssl s_client -connect ${addressOf(evidence)} </dev/null | openssl x509 -noout -subject -dates`;

/** The hint for each TLS failure. */
const tlsHints: Readonly<Partial<Record<NoAnswerCause, (evidence: HintEvidence) => Advice>>> = {
	tls_self_signed: evidence =>
		evidence.node.tls?.ca_file === undefined
			? advice`The wallet uses a self-signed certificate. Pin it: ${newFingerprint(evidence)}`
			: advice`The wallet's self-signed certificate is not the one in ca_file; without ${walletOptionText('rpc-ssl-certificate')} it creates a new one at every start. Pin it: ${newFingerprint(evidence)}`,
	tls_untrusted: evidence =>
		advice`Configure the CA that signed the certificate: ${editNodeRemedy(evidence, {'tls.ca_file': 'F'})}; or pin the certificate: ${newFingerprint(evidence)}`,
	tls_expired: evidence =>
		`Renew the certificate, and restart the wallet with the new one in ${walletOptionText('rpc-ssl-certificate')} while it is idle. To see the dates: ${datesOf(evidence)}`,
	tls_not_yet_valid: evidence =>
		`The certificate is not valid yet, or the clock of this machine is behind (compare: date -u). To see the dates: ${datesOf(evidence)}`,
	tls_wrong_name: evidence =>
		advice`Use a host name that the certificate contains: ${editNodeRemedy(evidence, {host: 'H'})}; or pin the certificate: ${newFingerprint(evidence)}`,
	tls_fingerprint: evidence =>
		evidence.hasRestarted && evidence.pid.status
			? advice`The wallet restarted (pid ${evidence.pid.details.pid}), and without ${walletOptionText('rpc-ssl-certificate')} it creates a new certificate at every start. Pin the new one: ${newFingerprint(evidence)}`
			: advice`Without ${walletOptionText('rpc-ssl-certificate')} a wallet creates a new certificate at every start, so it probably restarted. Verify that, then: ${newFingerprint(evidence)}`,
	tls_not_spoken: evidence => advice`The port speaks plain HTTP. Try: ${editNodeRemedy(evidence, {tls: false})}`,
	tls_ca_unreadable: evidence =>
		advice`The certificate cannot be verified without the CA file, so nothing was sent. Check it: ${inspectFileCommand(evidence.node.tls?.ca_file ?? '')}; or use another: ${editNodeRemedy(evidence, {'tls.ca_file': 'F'})}`,
};

/** The hint for each shortcoming. A new shortcoming without its row does not compile. */
const hints: Readonly<Record<ShortcomingKind, (evidence: HintEvidence) => Advice>> = {
	daemon: evidence =>
		`The wallet works, but its daemon does not. Check it: ${askDaemonCommand(evidence, evidence.causedBy ?? '')}`,
	daemon_login: evidence => {
		const daemon = evidence.causedBy ?? '';
		return advice`The daemon answers but requires a login. Set it: ${editNodeRemedy(evidence, {daemon, daemon_username: 'U', daemon_password_file: 'F'})}; or do not check it: ${editNodeRemedy(evidence, {daemon: noDaemon})}`;
	},
	daemon_certificate: evidence =>
		advice`Pin the daemon's certificate: ${editNodeRemedy(evidence, {'daemon_tls.fingerprint': 'F'})}, with F from: openssl s_client -connect ${shellWord((evidence.causedBy ?? '').replace('https://', ''))} </dev/null | openssl x509 -noout -fingerprint -sha256`,
	daemon_connection: ({causedBy: daemon = ''}) =>
		`The daemon accepts connections and closes them: its ${connectionLimit(daemon.replace(/^https:\/\/|:\d+$/g, ''))} are probably all in use. To see those of this machine: ss -tnp dport = :${/\d+$/.exec(daemon)?.[0]}`,
	daemon_fork: evidence =>
		`Two daemons disagree about the chain: until it is clear which one is right, do not trust balances from either. Compare with a block explorer: ${askDaemonCommand(evidence, evidence.causedBy ?? '')}`,
	clock: ({causedBy, here}) =>
		causedBy === undefined
			? `Times, block ages and certificates are checked against a wrong clock. Check it: ${here.hasSystemd ? 'timedatectl' : 'date -u'}`
			: `A daemon with a wrong clock rejects valid blocks. Set the clock of its machine: ${causedBy}`,
	daemon_reset: evidence =>
		`The daemon was started with an empty or older chain, and the wallet waits until it has caught up. Check it: ${askDaemonCommand(evidence, evidence.causedBy ?? '')}`,
	no_wallet: evidence =>
		advice`The program that uses this RPC server has to open a wallet. If none should be open: ${editNodeRemedy(evidence, {expect_wallet: false})}`,
	wallet_behind: evidence =>
		advice`The wallet is scanning blocks: leave it running while the lag shrinks. To follow it: ${watchNodeRemedy(evidence)}`,
	wallet_stalled: evidence =>
		`The wallet answers but does not scan blocks: auto_refresh is off or fails; see its log. Try: ${inspectProcessCommand(evidence)}`,
	wallet_unlinked: evidence =>
		`The daemon answers here, but the wallet is not connected to it: a firewall or a missing route is in the way. Try it from where the wallet runs: ${connectAsWalletCommand(evidence)}`,
	wallet_moved: evidence =>
		advice`The wallet was given another daemon (set_daemon) than it was started with. If that is intended: ${editNodeRemedy(evidence, {daemon: evidence.linkPeer ?? 'D'})}`,
	height_unknown: evidence =>
		`The wallet answered one request but not the next. Try: ${inspectProcessCommand(evidence)}`,
	slow: evidence => `The wallet's only thread is busy. Try: ${inspectProcessCommand(evidence)}`,
};

/** The hint for a node whose API works. @returns `undefined` if nothing is wrong */
function workingHint(evidence: HintEvidence): Advice | undefined {
	return evidence.shortcoming && hints[evidence.shortcoming](evidence);
}

/** Additional advice about some services. */
const warnings: Readonly<Partial<Record<ForeignService, string>>> = {
	zmq: 'Do not send HTTP to it: the ZMQ server of monerod before 0.18.3.2 exits on the first request. ',
	moneropay:
		'It uses its own monero-wallet-rpc; use the port of that. Its /health refreshes the wallet on every request: do not poll it often. ',
};

/** The hint for another service that was identified: what it is, and the command that changes the port. */
function foreignServiceHint(evidence: HintEvidence): Advice | undefined {
	const {node, outcome} = evidence;
	const service = outcome && foreignServiceInAnswer(outcome);
	return service === undefined
		? undefined
		: advice`Port ${node.port} is ${serviceText(service)}. ${warnings[service] ?? ''}Use the port of monero-wallet-rpc: ${editNodeRemedy(evidence, {port: 'N'})}`;
}

/** The default ports of programs that close the connection when they receive an HTTP request. */
const usualPorts: ReadonlyMap<number, string> = new Map([
	[18_080, "monerod's P2P port"],
	[28_080, "monerod's P2P port on testnet"],
	[38_080, "monerod's P2P port on stagenet"],
	[3333, 'the Stratum port of mining servers such as P2Pool'],
	[37_889, "P2Pool's P2P port"],
	[5432, 'the port of PostgreSQL'],
	[6379, 'the port of Redis'],
]);

/** The hint for a port that is usually used by a program which closes the connection on an HTTP request. */
function usualPortHint(evidence: HintEvidence): Advice | undefined {
	const {port} = evidence.node;
	const usual = usualPorts.get(port);
	return usual === undefined
		? undefined
		: advice`The connection is closed without a response, and ${port} is usually ${usual}. Use the port of monero-wallet-rpc: ${editNodeRemedy(evidence, {port: 'N'})}`;
}

/** What is wrong between here and a daemon, and not with the daemon. */
const daemonRules: readonly Rule[] = [
	brokenProxy,
	localFailureHint,
	unresolvedName,
	stoppedProcessHint,
	unreachablePort,
	untrustedDaemon,
];

/** The hint for a node that is a daemon. */
export function daemonNodeHint(evidence: HintEvidence): Advice | undefined {
	const {node, outcome, works, portCause, shortcoming, pid} = evidence;
	const look = inspectProcessCommand(evidence);
	if (works) {
		const {tls, username, proxy, host, port} = node;
		const own = compact({...node, daemon_tls: tls, daemon_username: username, daemon_proxy: proxy});
		const ask = askDaemonCommand({node: own}, `${hostInUrl(host)}:${port}`);
		const log = pid.status ? logCommand(evidence, pid.details) : undefined;
		return (
			shortcoming &&
			`monerod answers, with the problem in the reason. To see its height and peers: ${ask}${log === undefined ? '' : `; its log: ${log}`}`
		);
	}

	const connectionHint = firstHint(daemonRules, evidence);
	if (connectionHint !== undefined) {
		return connectionHint;
	}

	if (outcome?.kind === 'login_refused') {
		return advice`monerod requires the login of its rpc-login: ${editNodeRemedy(evidence, {username: 'U', password_file: 'F'})}`;
	}

	if (outcome?.kind === 'rpc_error') {
		return advice`The program on port ${node.port} is not monerod; if it is a wallet: ${editNodeRemedy(evidence, {kind: 'wallet'})}`;
	}

	if (portCause !== undefined) {
		return pid.status
			? `monerod is running but does not listen on port ${node.port}: it is starting, or uses another port. Try: ${look}`
			: `monerod is not running, or listens elsewhere. Try: ${look}`;
	}

	return `monerod accepts connections but does not answer. Try: ${look}`;
}

function untrustedDaemon(evidence: HintEvidence): Advice | undefined {
	const {outcome} = evidence;
	const cause = outcome?.kind === 'no_answer' && outcome.cause.startsWith('tls_') ? outcome.cause : undefined;
	if (cause === undefined) {
		return undefined;
	}

	return cause === 'tls_not_spoken' || cause === 'tls_ca_unreadable'
		? tlsHints[cause]?.(evidence)
		: advice`The certificate of monerod is not accepted; without one of its own it creates a new one at every start. Pin it: ${newFingerprint(evidence)}; to see its dates: ${datesOf(evidence)}`;
}
