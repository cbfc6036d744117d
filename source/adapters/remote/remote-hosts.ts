import type {RenderRemedy} from '../../domain/hints/remedy.js';
import type {HostSpec, RemoteCredentials, RemoteHosts} from '../../domain/remote/remote-nodes.js';
import {AnswerBudget} from './bounded-answer.js';
import {openSshLine, readSshHistory} from './ssh-line.js';

/**
 * Opens the lines to other hosts.
 * @param hosts only the code that their kinds need is loaded
 * @param renderRemedy writes what the user can do about a rejected request
 */
export async function openRemoteHosts(
	{token, basicAuth}: RemoteCredentials,
	hosts: readonly HostSpec[],
	renderRemedy: RenderRemedy,
): Promise<RemoteHosts> {
	const http = hosts.some(({kind}) => kind === 'http') ? await import('./http-line.js') : undefined;
	const prometheus = hosts.some(({kind}) => kind === 'prometheus') ? await import('./prometheus-line.js') : undefined;
	const access = {token, budget: new AnswerBudget(), renderRemedy};
	const bearer = token === undefined ? undefined : `Bearer ${token}`;
	const basic = basicAuth === undefined ? undefined : `Basic ${Buffer.from(basicAuth).toString('base64')}`;
	const prometheusAccess = {...access, authorization: basic ?? bearer};
	return {
		openLine: (host, options, listener) => {
			switch (host.kind) {
				case 'ssh':
				case 'local':
					return openSshLine(host, listener, access.budget);
				case 'http':
					return loaded(http).openHttpLine(host, options, listener, access);
				case 'prometheus':
					return loaded(prometheus).openPrometheusLine(host, options, listener, prometheusAccess);
			}
		},
		readHistory: (host, question) => {
			switch (host.kind) {
				case 'ssh':
				case 'local':
					return readSshHistory(host, question, access.budget);
				case 'http':
					return loaded(http).readHttpHistory(host, question, access);
				case 'prometheus':
					return loaded(prometheus).readPrometheusHistory(host, question, prometheusAccess);
			}
		},
	};
}

function loaded<T>(part: T | undefined): T {
	if (part === undefined) {
		throw new Error('the way to a host of this kind was not loaded');
	}

	return part;
}
