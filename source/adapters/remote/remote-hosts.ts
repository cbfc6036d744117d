import type {RenderRemedy} from '../../domain/hints/remedy.js';
import type {RemoteHosts} from '../../domain/remote/remote-hosts.js';
import {AnswerBudget} from './bounded-answer.js';
import {openSshLine, readSshHistory} from './ssh-line.js';

/**
 * Opens the ways to other hosts.
 * @param token sent to every http host, and to nobody else
 * @param withHttp whether any host is read over HTTP: what that needs is loaded only then
 * @param renderRemedy writes what a person can do about what is refused
 */
export async function openRemoteHosts(
	token: string | undefined,
	withHttp: boolean,
	renderRemedy: RenderRemedy,
): Promise<RemoteHosts> {
	const http = withHttp ? await import('./http-line.js') : undefined;
	const access = {token, budget: new AnswerBudget(), renderRemedy};
	return {
		openLine: (host, options, listener) =>
			host.kind === 'ssh'
				? openSshLine(host, listener, access.budget)
				: loaded(http).openHttpLine(host, options, listener, access),
		readHistory: (host, question) =>
			host.kind === 'ssh'
				? readSshHistory(host, question, access.budget)
				: loaded(http).readHttpHistory(host, question, access),
	};
}

function loaded<T>(http: T | undefined): T {
	if (http === undefined) {
		throw new Error('HTTP support was not loaded for an http host');
	}

	return http;
}
