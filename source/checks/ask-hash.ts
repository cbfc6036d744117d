import type {CallOptions, Ports, RpcEndpoint, RpcOutcome} from '../domain/ports.js';
import {hashOf} from '../domain/rpc/chain-tip.js';

/** A block's hash. `refused`: the daemon does not tell blocks. `undefined`: it did not answer as it should, this time. */
export type HashAnswer = string | 'refused' | undefined;

/** Asks a daemon for the hash of its block of this number. */
export type AskHash = (daemon: string, index: number) => Promise<HashAnswer>;

/** Asks every question at most once. @param endpoints where the daemons listen, by their short form */
export function openHashes(
	{callRpc}: Pick<Ports, 'callRpc'>,
	endpoints: ReadonlyMap<string, RpcEndpoint>,
	options: CallOptions,
): AskHash {
	const asked = new Map<string, Promise<HashAnswer>>();
	return (daemon, index) => {
		const key = `${daemon} ${index}`;
		const endpoint = endpoints.get(daemon);
		const answer =
			asked.get(key) ??
			(endpoint
				? callRpc(endpoint, 'get_block_header_by_height', options, {height: index}).then(hashIn)
				: Promise.resolve(undefined));
		asked.set(key, answer);
		return answer;
	};
}

const unknownMethod = -32_601;

function hashIn(outcome: RpcOutcome): HashAnswer {
	if (outcome.kind === 'result') {
		const result = outcome.result as {block_header?: {hash?: unknown}} | null | undefined;
		return hashOf(result?.block_header?.hash);
	}

	// A proxy may let through what a wallet needs and nothing else.
	const isRefused =
		(outcome.kind === 'rpc_error' && outcome.code === unknownMethod) ||
		(outcome.kind === 'http_error' && outcome.statusCode >= 400 && outcome.statusCode < 500);
	return isRefused ? 'refused' : undefined;
}
