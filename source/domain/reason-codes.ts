import type {Details} from './check-result.js';
import {isCutOff} from './fleet.js';

/** The facts of a result that determine its code; without a fact it is determined by the text of its reason. */
type Evidence = Readonly<
	Partial<
		Pick<Details, 'reason' | 'message' | 'state'> & {
			caused_by: string;
			crash_loop_starts: number;
			daemon_own_height: number;
			daemon_reachable: boolean;
			daemon_synchronized: boolean;
			scanning: boolean;
			stalled: boolean;
			status_code: number;
			stopped: boolean;
		}
	>
>;

/** A reason code. */
interface ReasonCode {
	/** The text to show if only the code is known. */
	readonly says: string;
	/** Whether a result that is not `up` has this code. The first code that fits is used. */
	readonly fits: (evidence: Evidence) => boolean;
}

const begins = (...starts: readonly string[]) => {
	return ({reason = ''}: Evidence): boolean => starts.some(start => reason.startsWith(start));
};
const holds = (pattern: RegExp) => {
	return ({reason = ''}: Evidence): boolean => pattern.test(reason);
};
const ofDaemon = (pattern: RegExp) => {
	return ({reason = '', caused_by: daemon}: Evidence): boolean => daemon !== undefined && pattern.test(reason);
};
const says = (...messages: readonly string[]) => {
	return ({message = ''}: Evidence): boolean => messages.includes(message);
};

/**
 * Every reason code. Metrics use them because the values of a label must be a bounded list. Codes are never renamed or
 * given another meaning, because alerting rules refer to them. New ones may be added.
 */
export const reasonCodes = {
	monitor_cut_off: {
		says: 'the monitor seems cut off',
		fits: evidence => isCutOff({status: false, details: evidence as Details}),
	},
	crash_loop: {
		says: 'crash loop',
		fits: ({crash_loop_starts: starts}) => starts !== undefined,
	},
	process_stopped: {
		says: 'the process is stopped',
		fits: evidence => evidence.stopped === true || holds(/the process is (?:stopped|frozen)/)(evidence),
	},
	daemon_hangs: {says: 'the daemon hangs', fits: holds(/^waiting for daemon|, and its daemon \S+ hangs/)},
	scanning: {says: 'scanning the chain', fits: ({scanning}) => scanning === true},
	starting: {says: 'starting', fits: begins('starting')},
	process_unseen: {
		says: 'no response, and its process cannot be seen',
		fits: ({state, reason = ''}) => state === 'busy' && reason.includes('process not visible'),
	},
	working: {says: 'no response, but its process is working', fits: ({state}) => state === 'busy'},
	login_refused: {
		says: 'login refused',
		fits: begins('login refused', 'login required', 'login failed'),
	},
	daemon_login_refused: {
		says: 'the daemon refuses the login',
		fits: ofDaemon(/^daemon \S+ (?:requires a login|refuses the login)/),
	},
	daemon_certificate: {
		says: "the daemon's certificate is not trusted",
		fits: ofDaemon(/^daemon \S+ has a certificate/),
	},
	daemon_fork: {says: 'the daemon is on another chain: suspected fork', fits: ofDaemon(/suspected fork/)},
	daemon_reset: {says: 'the daemon lost blocks', fits: ofDaemon(/^daemon \S+ lost blocks/)},
	daemon_unreachable: {
		says: 'the daemon does not answer',
		fits: evidence => evidence.caused_by !== undefined && evidence.daemon_reachable === false,
	},
	daemon_error: {
		says: 'the daemon answers with an error',
		fits: ofDaemon(/^daemon \S+ (?:answers with an error|requires payment|answers)/),
	},
	daemon_bootstrap: {
		says: 'the daemon uses a bootstrap daemon',
		fits: evidence => evidence.caused_by !== undefined && evidence.daemon_own_height !== undefined,
	},
	daemon_not_synchronized: {
		says: 'the daemon is not synchronized',
		fits: evidence => evidence.caused_by !== undefined && evidence.daemon_synchronized === false,
	},
	daemon_behind: {says: 'the daemon is behind', fits: ofDaemon(/^daemon \S+ is .*\bbehind/)},
	daemon_isolated: {
		says: 'the daemon has no peers or is offline',
		fits: ofDaemon(/^daemon \S+ (?:is offline|has no peers)/),
	},
	daemon_no_new_block: {says: 'the daemon has had no new block for long', fits: ofDaemon(/has had no new block/)},
	clock: {says: 'a clock is wrong', fits: holds(/\bclocks? (?:of|is)\b/)},
	daemon: {says: 'the daemon has a problem', fits: ({caused_by: daemon}) => daemon !== undefined},
	no_wallet: {says: 'no wallet is open', fits: begins('no wallet is open')},
	wallet_height_unknown: {says: 'the wallet height is unknown', fits: begins('wallet height unknown')},
	wallet_stalled: {
		says: 'the wallet is behind and stalled',
		fits: ({stalled, state}) => stalled === true && state === 'degraded',
	},
	wallet_behind: {says: 'the wallet is behind', fits: begins('wallet is ')},
	slow: {says: 'slow response', fits: begins('slow: ')},
	not_checkable: {
		says: 'not checkable from there',
		fits: evidence => begins('not checkable from here')(evidence) || evidence.state === 'unknown',
	},
	process_missing: {says: 'the process is gone', fits: says('Process not found')},
	pid_reused: {says: 'the pid was reused by another process', fits: says('PID was reused by another process')},
	other_process: {
		says: 'the process is not monero-wallet-rpc',
		fits: says('Process exists but not monero-wallet-rpc'),
	},
	connection_refused: {says: 'connection refused', fits: begins('connection refused')},
	connection_closed: {
		says: 'the connection was closed without a response',
		fits: begins('connection reset', 'connection closed', 'the response was cut off'),
	},
	no_response: {says: 'no response in time', fits: begins('no response within')},
	host_unresolved: {says: 'the host name does not resolve', fits: begins('the host name does not resolve')},
	host_unreachable: {says: 'host unreachable', fits: begins('host unreachable')},
	tls: {says: 'TLS failed', fits: holds(/certificate|\bTLS\b/i)},
	other_service: {
		says: 'another service answers on its port',
		fits: holds(/^(?:this is |another service |the server on this port )/),
	},
	http_error: {
		says: 'the server answered with an HTTP error',
		fits: ({status_code: code}) => code !== undefined && code !== 200,
	},
	rpc_error: {says: 'the API returned an error', fits: says('API returned error')},
	other: {says: 'a reason without a code', fits: () => true},
} as const satisfies Readonly<Record<string, ReasonCode>>;

/** The name of a reason code. */
export type ReasonCodeName = keyof typeof reasonCodes;

const entries = Object.entries(reasonCodes) as ReadonlyArray<readonly [ReasonCodeName, ReasonCode]>;

/** The reason code of a result; `undefined` if the node is `up`. */
export function reasonCodeOf(details: Details): ReasonCodeName | undefined {
	return details.state === 'up' ? undefined : entries.find(([, {fits}]) => fits(details as Evidence))?.[0];
}

/** The text of a code; for a code of a newer version, the code itself. */
export function reasonCodeText(code: string): string {
	return Object.hasOwn(reasonCodes, code) ? reasonCodes[code as ReasonCodeName].says : `reason code ${code}`;
}
