import type {PidDetails, ProcessIdentity, Result} from '../../../source/domain/check-result.js';
import type {HintEvidence} from '../../../source/domain/hints/commands.js';
import type {NoAnswerCause, RpcOutcome} from '../../../source/domain/ports.js';
import {nodeFixture} from '../../helpers/store-fixture.js';

const latencyMs = 1;
const id64 = '3f4e5a6b7c8d9e0f3f4e5a6b7c8d9e0f3f4e5a6b7c8d9e0f3f4e5a6b7c8d9e0f';
const noAnswer = (cause: NoAnswerCause, error = ''): RpcOutcome => ({kind: 'no_answer', cause, error, latencyMs});
const http = (statusCode: number): RpcOutcome => ({kind: 'http_error', statusCode, statusText: '', latencyMs});
const refused = (refusal: 'none_given' | 'wrong' | 'stale' | 'unreadable' | 'unsupported'): RpcOutcome => ({
	kind: 'login_refused',
	refusal,
	latencyMs,
});
const result: RpcOutcome = {kind: 'result', result: {}, latencyMs};

/** The result of the check of the process. */
export function pidOf(status: boolean, more: Partial<PidDetails> = {}): Result<PidDetails> {
	const state = status ? 'up' : 'down';
	return {status, details: {method: 'pid', message: '', state, latency_ms: 0, last_check: '', ...more}};
}

const alive = (more: Partial<PidDetails> = {}) => pidOf(true, {pid: 77, is_monero_process: true, ...more});
const before = (more: Partial<ProcessIdentity> = {}): ProcessIdentity => ({pid: 7, started_at: '', ...more});
const named = (fields: object = {}) => nodeFixture('shop', 1, {port: 18_082, host: '127.0.0.1', ...fields});

/** Evidence of nothing; each situation adds to it. It has secrets that no hint may show. */
export const nothing: HintEvidence = {
	node: named({username: 'ops', password: 'hunter2'}),
	here: {uid: 0, hasSystemd: true},
	isLocal: true,
	pid: pidOf(false),
	processBefore: undefined,
	portCause: undefined,
	outcome: undefined,
	works: false,
	isMonerod: false,
	shortcoming: undefined,
	causedBy: undefined,
	isBusy: false,
};

/** A situation and its evidence. */
export type Situation = readonly [what: string, evidence: HintEvidence];

const of = (what: string, evidence: Partial<HintEvidence>): Situation => [what, {...nothing, ...evidence}];
const closed = (what: string, evidence: Partial<HintEvidence>): Situation =>
	of(what, {portCause: 'refused', ...evidence});
const silent = (what: string, evidence: Partial<HintEvidence>): Situation =>
	of(what, {outcome: noAnswer('timeout'), ...evidence});
const working = (what: string, evidence: Partial<HintEvidence>): Situation =>
	of(what, {works: true, outcome: result, pid: alive(), ...evidence});
const remote = {isLocal: false, node: named({host: '10.0.0.5'})};
const remote6 = {isLocal: false, node: named({host: '2001:db8::5'})};
const noSystemd = {here: {uid: 0, hasSystemd: false}};

/** Every situation with its own advice, from this machine to the chain. */
export const situations: readonly Situation[] = [
	of('no descriptors', {portCause: 'not_checkable', portError: 'xmrtop has too many open files (ulimit -n) (EMFILE)'}),
	of('no route to an address', {
		...remote,
		portCause: 'not_checkable',
		portError: 'this machine has no route to 10.0.0.5',
	}),
	of('no route to a name', {
		outcome: noAnswer('not_checkable', 'this machine has no route to 10.0.0.5'),
		isLocal: false,
		node: named({host: 'wallet.example'}),
	}),
	of('the resolver is broken', {
		portCause: 'not_checkable',
		portError: 'name resolution does not work on this machine (EAI_AGAIN)',
		node: named({host: 'wallet.example'}),
	}),
	of('a local firewall', {portCause: 'not_checkable', portError: 'a firewall or policy of this machine forbids it'}),
	of('no IPv6', {
		portCause: 'not_checkable',
		portError: 'this machine does not allow connections of that address family',
	}),
	of('no free port', {portCause: 'not_checkable', portError: 'this machine has no free port'}),
	of('the check was cancelled', {portCause: 'aborted'}),
	of('a name that does not exist', {portCause: 'unresolved', node: named({host: 'nowhere.example'})}),
	of('stopped by a signal', {pid: alive({stopped: true, stopped_by: 'signal'})}),
	of('stopped, and not certainly the node’s', {pid: alive({stopped: true}), isProven: false}),
	of('stopped by a debugger', {pid: alive({stopped: true, stopped_by: 'tracer', tracer: 'gdb, pid 4711'})}),
	of('frozen in a Docker container', {
		pid: alive({stopped: true, stopped_by: 'freezer', container: id64, container_engine: 'docker'}),
	}),
	of('frozen unit', {pid: alive({stopped: true, stopped_by: 'freezer', unit: 'wallet@a.service'})}),
	of('frozen, nothing known', {pid: alive({stopped: true, stopped_by: 'freezer'}), ...noSystemd}),
	closed('working, port closed', {pid: alive(), isBusy: true}),
	closed('idle, port closed', {pid: alive()}),
	closed('port closed in a network of its own', {pid: alive(), hasOwnNetworkNamespace: true}),
	closed('hidden process', {
		pid: pidOf(false, {pid: 77, state: 'unknown'}),
		processBefore: before({unit: 'w.service'}),
	}),
	closed('gone, nothing known', {}),
	closed('gone, another folder of definitions', {}),
	closed('gone, of a unit', {processBefore: before({unit: 'monero-wallet@hot.service'})}),
	closed('gone, of a unit with an escaped name', {processBefore: before({unit: 'monero\\x2dwallet.service'})}),
	closed('gone, of a unit, without systemd here', {processBefore: before({unit: 'wallet.service'}), ...noSystemd}),
	closed('gone, of a user’s unit, seen by that user', {
		processBefore: before({unit: 'monero-wallet.service', unit_uid: 1000}),
		here: {uid: 1000, hasSystemd: true},
	}),
	closed('gone, of a user’s unit, seen by root', {
		processBefore: before({unit: 'monero-wallet.service', unit_uid: 1000}),
	}),
	closed('gone, of a user’s unit, seen by root without systemd here', {
		processBefore: before({unit: 'monero-wallet.service', unit_uid: 1000}),
		...noSystemd,
	}),
	closed('gone, started by cron', {processBefore: before({unit: 'cron.service'})}),
	closed('gone, started from ssh', {processBefore: before({unit: 'ssh.service'})}),
	closed('gone, under supervisord', {processBefore: before({unit: 'supervisor.service'})}),
	closed('gone, under pm2', {processBefore: before({unit: 'pm2-root.service'})}),
	closed('gone, under k3s itself', {processBefore: before({unit: 'k3s.service'})}),
	closed('gone, in Docker', {processBefore: before({container: id64, container_engine: 'docker'})}),
	closed('gone, in rootless Podman', {
		processBefore: before({container: id64, container_engine: 'podman', unit_uid: 1000}),
	}),
	closed('gone, in a quadlet', {
		processBefore: before({unit: 'wallet.service', container: id64, container_engine: 'podman'}),
	}),
	closed('gone, in Kubernetes', {processBefore: before({container: id64, container_engine: 'kubernetes'})}),
	closed('gone, in nspawn', {processBefore: before({container: 'xmr', container_engine: 'nspawn'})}),
	closed('gone, in LXC', {processBefore: before({container: 'xmr', container_engine: 'lxc'})}),
	closed('remote', remote),
	closed('remote, IPv6', remote6),
	of('unreachable', {...remote, portCause: 'timeout'}),
	of('unreachable, IPv6', {...remote6, portCause: 'unreachable'}),
	of('monerod', {isMonerod: true, outcome: result}),
	of('monerod, IPv6', {...remote6, isMonerod: true, outcome: result}),
	of('login wanted', {outcome: refused('none_given')}),
	of('login wanted, its file is readable', {
		outcome: refused('none_given'),
		loginFile: {kind: 'readable', path: '/w/my wallet.login'},
	}),
	of('login wanted, its file is another user’s', {
		outcome: refused('none_given'),
		loginFile: {kind: 'unreadable', path: '/w/x.login'},
	}),
	of('login wanted, no file', {outcome: refused('none_given'), loginFile: {kind: 'missing'}}),
	of('wrong password', {outcome: refused('wrong')}),
	of('old login file', {outcome: refused('wrong'), node: named({login_file: '/w/x.login'})}),
	of('password file unreadable', {
		outcome: refused('unreadable'),
		node: named({username: 'ops', password_file: "/run/secrets/it's"}),
	}),
	of('password variable not set', {
		outcome: refused('unreadable'),
		node: named({username: 'ops', password_env: 'WALLET_PW'}),
	}),
	of('login file gone', {outcome: refused('unreadable'), node: named({login_file: '/w/x.login'})}),
	of('stale', {outcome: refused('stale')}),
	of('no Digest', {outcome: refused('unsupported')}),
	of('self-signed', {outcome: noAnswer('tls_self_signed'), node: named({tls: {}})}),
	of('self-signed, IPv6', {
		outcome: noAnswer('tls_self_signed'),
		isLocal: false,
		node: named({tls: {}, host: '2001:db8::5'}),
	}),
	of('another self-signed one', {outcome: noAnswer('tls_self_signed'), node: named({tls: {ca_file: '/c.pem'}})}),
	of('unknown authority', {outcome: noAnswer('tls_untrusted'), node: named({tls: {}})}),
	of('expired', {outcome: noAnswer('tls_expired'), node: named({tls: {ca_file: '/c.pem'}})}),
	of('not yet valid', {outcome: noAnswer('tls_not_yet_valid'), node: named({tls: {}})}),
	of('wrong name', {outcome: noAnswer('tls_wrong_name'), node: named({tls: {}})}),
	of('another fingerprint', {outcome: noAnswer('tls_fingerprint'), node: named({tls: {}})}),
	of('another fingerprint, seen restarted', {
		outcome: noAnswer('tls_fingerprint'),
		node: named({tls: {}}),
		pid: alive(),
		hasRestarted: true,
	}),
	of('TLS to a plain port', {outcome: noAnswer('tls_not_spoken'), node: named({tls: {}})}),
	of('authority file unreadable', {
		outcome: noAnswer('tls_ca_unreadable'),
		node: named({tls: {ca_file: '/x/my ca.pem'}}),
	}),
	of('502 at once', {...remote, outcome: http(502), isProxyRefusal: true}),
	of('504, working', {outcome: http(504), pid: alive(), isBusy: true}),
	of('HTML', {
		outcome: {kind: 'not_rpc', content: 'html', latencyMs},
		node: named({path: '/w/json_rpc?token=hunter2'}),
	}),
	of('not HTTP, IPv6 and https', {
		outcome: noAnswer('not_http'),
		isLocal: false,
		node: named({tls: {}, host: '::1', path: "/a;b'c"}),
	}),
	of('closed at once, starting', {outcome: noAnswer('closed'), pid: alive(), isBusy: true}),
	of('closed at once after it answered', {outcome: noAnswer('reset'), hasAnswered: true}),
	of('closed at once', {outcome: noAnswer('closed')}),
	of('closed at once, https, remote', {
		outcome: noAnswer('closed'),
		isLocal: false,
		node: named({tls: {}, host: '10.0.0.5'}),
	}),
	of('closed at once in a network of its own', {
		outcome: noAnswer('closed'),
		pid: alive(),
		hasOwnNetworkNamespace: true,
		hasAnswered: true,
	}),
	silent('silent', {pid: alive()}),
	silent('silent, of a unit', {pid: alive({unit: 'wallet.service'})}),
	silent('silent, under cron', {pid: alive({unit: 'cron.service'})}),
	silent('silent, with a log file', {
		pid: alive({unit: 'wallet.service'}),
		logFile: '/var/log/my wallet.log',
		...noSystemd,
	}),
	silent('silent and working', {pid: alive(), isBusy: true}),
	silent('silent and perhaps working', {...remote, isBusy: true}),
	silent('silent, remote, IPv6', remote6),
	silent('silent for its daemon', {pid: alive(), causedBy: '10.0.0.9:18081'}),
	silent('silent for its daemon with a login', {
		pid: alive(),
		causedBy: 'https://[2001:db8::9]:18081',
		node: named({daemon: 'https://[2001:db8::9]:18081', daemon_username: 'ops', daemon_tls: {fingerprint: 'AB'}}),
	}),
	of('crash loop of a unit', {
		isCrashLoop: true,
		processBefore: before({unit: 'wallet.service'}),
		portCause: 'refused',
	}),
	of('crash loop, nothing known', {isCrashLoop: true, portCause: 'refused'}),
	working('nothing wrong', {}),
	working('its daemon', {shortcoming: 'daemon', causedBy: '10.0.0.9:18081'}),
	working('its daemon, an authority given', {
		shortcoming: 'daemon',
		causedBy: 'https://d:18081',
		node: named({daemon: 'https://d:18081', daemon_tls: {ca_file: '/d ca.pem'}}),
	}),
	working('a daemon that lost blocks', {shortcoming: 'daemon_reset', causedBy: 'd:18081'}),
	working('no wallet open', {shortcoming: 'no_wallet'}),
	working('behind', {shortcoming: 'wallet_behind'}),
	working('stalled', {shortcoming: 'wallet_stalled'}),
	working('height unknown, in Docker', {
		shortcoming: 'height_unknown',
		pid: alive({container: id64, container_engine: 'docker'}),
	}),
	working('slow', {shortcoming: 'slow'}),
	of('a ZMQ port', {outcome: {kind: 'no_answer', cause: 'not_http', error: '', service: 'zmq', latencyMs}}),
	of('a P2P port', {outcome: noAnswer('closed'), node: named({port: 18_080})}),
	of('closed at once, public address', {
		outcome: noAnswer('reset'),
		hasAnswered: true,
		isLocal: false,
		node: named({host: '203.0.113.5'}),
	}),
	working('a daemon that asks for a login', {shortcoming: 'daemon_login', causedBy: '[2001:db8::9]:18081'}),
	working('a daemon with a certificate of its own', {shortcoming: 'daemon_certificate', causedBy: 'https://d:18081'}),
	working('two daemons disagree', {shortcoming: 'daemon_fork', causedBy: '[2001:db8::9]:18081'}),
	working('clock, without systemd', {shortcoming: 'clock', ...noSystemd}),
];
