import type {State} from '../domain/state.js';

/** The phases of a simulated wallet, and the state that a monitor should show for each. */
export const walletPhases = {
	healthy: 'up',
	/** Answers in 1.2 to 2 s. */
	slow: 'degraded',
	/** Answers, but has scanned fewer blocks than its daemon has. */
	wallet_behind: 'degraded',
	/** The server runs without a wallet. */
	no_wallet: 'degraded',
	/** Accepts connections, uses a large part of a core and does not answer. */
	busy: 'busy',
	/** Accepts connections, does nothing and does not answer. */
	hung: 'down',
	/** The server's password is not the one in the node's definition. */
	wrong_login: 'down',
	/** A web site answers on the port. */
	foreign: 'down',
	/** A monerod answers on the port. */
	monerod: 'down',
	/** Nothing listens. */
	absent: 'down',
} as const satisfies Record<string, State>;

/** One of {@link walletPhases}. */
export type WalletPhase = keyof typeof walletPhases;

/** The phases of a simulated daemon, and the state of its nodes that have no problem of their own. */
export const daemonPhases = {
	synchronized: 'up',
	/** Stuck some blocks behind the others, without knowing it. */
	behind: 'degraded',
	/** Catching up, and reporting so. */
	syncing: 'degraded',
	absent: 'degraded',
} as const satisfies Record<string, State>;

/** One of {@link daemonPhases}. */
export type DaemonPhase = keyof typeof daemonPhases;

/** Phases with their duration in seconds, repeated endlessly. */
export type Script<P extends string> = ReadonlyArray<readonly [phase: P, seconds: number]>;

/** A position in a script. */
export interface Moment<P extends string> {
	readonly phase: P;
	/** Milliseconds since the phase began. */
	readonly sinceMs: number;
}

/** The wallet or daemon that follows the script; the same name and seed always give the same durations. */
export interface TimelineSubject {
	readonly name: string;
	readonly seed: number;
}

/**
 * The phase at a time. Every phase is up to a fifth longer or shorter, depending on name and seed, so that not all change at
 * once; the first phase always begins at 0.
 */
export function timelineMoment<P extends string>(
	script: Script<P>,
	elapsedMs: number,
	subject: TimelineSubject,
): Moment<P> {
	const {phase, sinceMs} = phaseAt(script, elapsedMs, subject);
	return {phase, sinceMs};
}

/** Milliseconds until the current phase ends. */
export function timelineRestMs(script: Script<string>, elapsedMs: number, subject: TimelineSubject): number {
	const {sinceMs, lengthMs} = phaseAt(script, elapsedMs, subject);
	return lengthMs - sinceMs;
}

function phaseAt<P extends string>(
	script: Script<P>,
	elapsedMs: number,
	subject: TimelineSubject,
): Moment<P> & {readonly lengthMs: number} {
	const lengthsMs = script.map(([, seconds], index) => seconds * 1000 * stretch(subject, index));
	const roundMs = lengthsMs.reduce((sum, lengthMs) => sum + lengthMs, 0);
	let sinceMs = Math.max(0, elapsedMs) % roundMs;
	for (const [index, [phase]] of script.entries()) {
		const lengthMs = lengthsMs[index] ?? 0;
		if (sinceMs < lengthMs || index === script.length - 1) {
			return {phase, sinceMs, lengthMs};
		}

		sinceMs -= lengthMs;
	}

	throw new RangeError('a script has at least one phase');
}

/** 0.8 to 1.2, always the same for the same subject and step. */
function stretch({name, seed}: TimelineSubject, step: number): number {
	return 0.8 + 0.4 * pseudoRandomFraction(`${name} ${step} ${seed}`);
}

/** A number from 0 to 1 that looks random and depends only on the text (FNV-1a, then mixed). */
export function pseudoRandomFraction(text: string): number {
	let hash = 0x811c9dc5;
	for (const character of text) {
		hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
	}

	hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
	return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** What the simulated fleet shares, including its separate processes. */
export interface DemoContext {
	/** When the demo began, in milliseconds since the epoch. */
	readonly startedAtMs: number;
	readonly seed: number;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/** Milliseconds since the demo began. */
export function demoElapsedMs({nowMs, startedAtMs}: DemoContext): number {
	return nowMs() - startedAtMs;
}
