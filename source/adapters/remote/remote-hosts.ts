import type {RemoteHosts} from '../../domain/remote/lines.js';
import {openSshLine, readSshHistory} from './ssh-line.js';

/**
 * Opens the ways to other hosts.
 * @param token sent to every http host, and to nobody else
 * @param withHttp whether any host is read over HTTP: what that needs is loaded only then
 */
export async function openRemoteHosts(token: string | undefined, withHttp: boolean): Promise<RemoteHosts> {
	const http = withHttp ? await import('./http-line.js') : undefined;
	return {
		openLine: (host, options, listener) =>
			host.kind === 'ssh' ? openSshLine(host, listener) : loaded(http).openHttpLine(host, options, listener, token),
		readHistory: (host, question) =>
			host.kind === 'ssh' ? readSshHistory(host, question) : loaded(http).readHttpHistory(host, question, token),
	};
}

function loaded<T>(http: T | undefined): T {
	if (http === undefined) {
		throw new Error('a host is read over HTTP, and none was announced');
	}

	return http;
}
