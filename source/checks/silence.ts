import type {ApiDetails, ProcessIdentity} from '../domain/check-result.js';
import type {Node} from '../domain/node/node.js';
import {msSinceRise, stallMs} from '../domain/past/catch-up.js';
import type {LiveProcess, NoAnswerCause, RpcOutcome} from '../domain/ports.js';
import {identityOf} from '../domain/process-identity.js';
import {spanText} from '../domain/quantity.js';
import type {CheckContext} from './check.js';
import {findProcess} from './pid.js';
import {workingCores, workOf} from './processor-work.js';
import {busyMaxMsOf, hangingDaemon, silentMsOf} from './silence-limits.js';
import {judgeUnseen} from './unseen-silence.js';

/** What a silence most likely is. */
export type Silence = {readonly state: 'busy' | 'down'; readonly reason: string} & Partial<ProcessIdentity> &
	Pick<ApiDetails, 'cpu_cores' | 'cpu_ms' | 'silent_ms' | 'caused_by' | 'process_unseen'>;

/** Why there was no answer, as far as silence is concerned. */
export type SilenceKind = 'silent' | 'port_closed' | 'proxy_waits';

const proxyCodes: ReadonlySet<number> = new Set([502, 503, 504]);

/** Whether an outcome is a silence that work could explain; `undefined` when it says something of its own. */
export function silenceKindOf(outcome: RpcOutcome): SilenceKind | undefined {
	if (outcome.kind === 'no_answer') {
		return silenceKindOfCause(outcome.cause);
	}

	return outcome.kind === 'http_error' && proxyCodes.has(outcome.statusCode) ? 'proxy_waits' : undefined;
}

/** The same for a port that could not be connected to. */
export function silenceKindOfCause(cause: NoAnswerCause): SilenceKind | undefined {
	return cause === 'timeout' ? 'silent' : cause === 'refused' ? 'port_closed' : undefined;
}

/** What a check saw of a silence. */
export interface SilenceSeen {
	readonly kind: SilenceKind;
	/** What the verdict says where nothing better is known. */
	readonly failure: string;
	/** Milliseconds until the check gave up. */
	readonly latencyMs: number;
}

/**
 * Tells busy from down by proof of work: the process used a processor between two samples. The proof expires, so that
 * nothing is excused for ever.
 */
export async function judgeSilence(
	node: Node,
	context: CheckContext,
	{kind, failure, latencyMs}: SilenceSeen,
): Promise<Silence> {
	const silentMs = Math.round(Math.max(latencyMs, silentMsOf(context)));
	const seen = await findProcess(node, context);
	if ('unseen' in seen) {
		return judgeUnseen(node, context, {kind, failure, silentMs, unseen: seen.unseen});
	}

	const {process} = seen;
	const facts = {...identityOf(process), silent_ms: silentMs};
	if (process.stopped) {
		return {state: 'down', reason: `${failure}: the process is stopped by a signal or a debugger`, ...facts};
	}

	const work = await workOf(process, node, context);
	const evidence = {...facts, ...work};
	const cores = work?.cpu_cores ?? 0;
	const hanging = cores < workingCores ? await hangingDaemon(node, context) : undefined;
	if (hanging !== undefined) {
		const reason = `waits for its daemon: ${hanging} hangs; do not restart the wallet`;
		return {state: 'down', reason, caused_by: hanging, ...evidence};
	}

	const proof = cores < workingCores ? riseOf(process, context) : coresText(cores);
	if (proof === undefined || (kind === 'port_closed' && cores < workingCores)) {
		const idle = `${failure}, and its process does nothing`;
		return {state: 'down', reason: kind === 'port_closed' ? idle : `${idle}: likely hung`, ...evidence};
	}

	const limit = limitFor(node, context, kind, process);
	return limit.spentMs <= limit.maxMs
		? {state: 'busy', reason: `${limit.what}: ${proof}, silent for ${spanText(silentMs)}`, ...evidence}
		: {state: 'down', reason: `${failure}, for longer than ${spanText(limit.maxMs)} although ${proof}`, ...evidence};
}

const coresText = (cores: number): string => `${cores.toFixed(1)} core${cores < 1.05 ? '' : 's'} in use`;

/** A height that has just risen is work too, where no processor is: the wallet may wait for blocks to arrive. */
function riseOf({started_at: startedAt}: LiveProcess, {memory, ports}: CheckContext): string | undefined {
	const nowMs = ports.nowMs();
	const riseMs = msSinceRise(memory.wallet_heights, nowMs);
	return riseMs !== undefined && riseMs <= stallMs && nowMs - riseMs > Date.parse(startedAt)
		? `its height rose ${spanText(riseMs)} ago`
		: undefined;
}

/** What excuses a working process, until when. A process that has never opened its port is reading the chain first. */
function limitFor(node: Node, context: CheckContext, kind: SilenceKind, process: LiveProcess) {
	const {settings, memory, ports} = context;
	const hasAnswered = memory.last_answer !== undefined && memory.last_answer >= process.started_at;
	return kind === 'port_closed' && !hasAnswered
		? {what: 'starting', spentMs: ports.nowMs() - Date.parse(process.started_at), maxMs: settings.startup_max}
		: {what: 'working', spentMs: silentMsOf(context), maxMs: busyMaxMsOf(node, context)};
}
