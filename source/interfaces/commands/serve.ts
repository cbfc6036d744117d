import type {Invocation, RunCommand} from '../command.js';
import {defaultListenAddress, parseListenAddress} from '../http/listen-address.js';
import {parsePrefix} from '../http/prefix.js';
import {runLoop} from './loop.js';
import {readToken} from './token.js';
import {linePerTransition} from './watch.js';

/** The loop, and an HTTP server that answers from what it sees. */
export const runServe: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const listen = parseListenAddress(flags.text('listen') ?? defaultListenAddress);
	const prefix = prefixOf(invocation);
	const token = await readToken(invocation);
	const {httpPart} = await import('../http/http-part.js');
	const http = httpPart({listen, prefix, nowMs: surroundings.nowMs, ...(token === undefined ? {} : {token})});
	return runLoop(invocation, [linePerTransition(surroundings), http]);
};

function prefixOf({flags}: Invocation): string {
	const text = flags.text('prefix');
	return text === undefined ? '' : parsePrefix(text);
}
