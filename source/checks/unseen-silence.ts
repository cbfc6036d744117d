import type {Node} from '../domain/node/node.js';
import {msSinceRise, stallMs} from '../domain/past/catch-up.js';
import {spanText} from '../domain/quantity.js';
import type {CheckContext} from './check.js';
import {scanOf} from './scan.js';
import {isRefusal, type Silence, type SilenceKind} from './silence.js';
import {busyMaxMsOf, hangingDaemon} from './silence-limits.js';

interface Unseen {
	readonly kind: SilenceKind;
	readonly failure: string;
	readonly silentMs: number;
	/** Why no process is seen. */
	readonly unseen: string;
	/** Whether its process was seen before, and is gone. */
	readonly isGone?: boolean;
}

/** Where no process can be seen, an open port that stays silent is excused for a shorter time. */
export async function judgeUnseen(node: Node, context: CheckContext, silence: Unseen): Promise<Silence> {
	const {kind, failure, silentMs, unseen, isGone = false} = silence;
	const down = {state: 'down', reason: failure, process_unseen: unseen} as const;
	if (isRefusal(kind)) {
		return down;
	}

	const {ports, settings, signal} = context;
	const {host, port} = node;
	const options = {timeoutMs: settings.port_timeout, ...(signal ? {signal} : {})};
	const probe = kind === 'proxy_waits' ? undefined : await ports.connectTcp({host, port}, options);
	// A probe that this machine could not make says nothing of the port.
	const isOpen = !probe || probe.open || probe.cause === 'not_checkable';
	const silent = {...down, silent_ms: silentMs};
	if (!isOpen) {
		return silent;
	}

	if (isGone) {
		const holder = `the program listening on port ${port} does not answer`;
		return {...silent, reason: `${failure}, and its process is gone: ${holder}`};
	}

	const wasRising = wasCatchingUp(context);
	const maxMs = wasRising ? busyMaxMsOf(node, context) : settings.busy_max_unseen;
	const hanging = await hangingDaemon(node, context);
	const cause = hanging === undefined ? {} : {caused_by: hanging};
	const what = hanging === undefined ? failure : `${failure}, and its daemon ${hanging} hangs`;
	if (silentMs > maxMs) {
		return {
			...silent,
			...cause,
			reason: `${what} for more than ${spanText(maxMs)}; process not visible from here`,
		};
	}

	const scan = wasRising ? scanOf(context) : undefined;
	const excuse = wasRising ? 'but its height was rising at its last response' : 'it may be working';
	const reason = `${scan ? `${scan.text}; ` : ''}${what}; process not visible, ${excuse}`;
	return {...silent, ...cause, state: 'busy', reason, ...scan?.facts};
}

/** Whether the wallet read blocks until it fell silent. */
function wasCatchingUp({memory, ports}: CheckContext): boolean {
	const since = memory.silent_since === undefined ? ports.nowMs() : Date.parse(memory.silent_since);
	const riseMs = msSinceRise(memory.wallet_heights, since);
	return riseMs !== undefined && riseMs <= stallMs;
}
