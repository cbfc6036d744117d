import type {ServerLogin} from './digest-server.js';
import type {RpcMethods} from './json-rpc.js';

/** How a simulated server treats a request. */
export type Behaviour =
	/** It reads the request and does not answer before it behaves otherwise. */
	| {readonly kind: 'silent'}
	/** It is a web site. */
	| {readonly kind: 'web_site'}
	| {
			readonly kind: 'rpc';
			readonly methods: RpcMethods;
			readonly login?: ServerLogin;
			/** Milliseconds before a method is answered. Default 0. */
			readonly delayMs?: number;
	  };

/** The behaviour of one server at the moment it is asked. */
export type BehaviourNow = () => Behaviour;

/** What everybody in the simulated fleet shares, the processes of their own included. */
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
