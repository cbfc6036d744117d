import {createHash, timingSafeEqual} from 'node:crypto';
import type {IncomingMessage} from 'node:http';
import {type Answer, errorAnswer} from './answer.js';

/** Says why a request is refused; `undefined` lets it in. */
export type AccessGuard = (request: Pick<IncomingMessage, 'headers' | 'headersDistinct'>) => Answer | undefined;

export interface AccessOptions {
	/** The bearer token to ask for; absent: none is asked for. */
	readonly token?: string;
	/** Whether it listens on a Unix socket, whose mode says who may ask. */
	readonly isUnixSocket: boolean;
}

const loopbackName = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Decides who may ask. With a token: who sends it. Without one, over TCP: who asks by a loopback name, because a web page can
 * make its own name lead to this machine and read what a browser here is answered.
 */
export function createAccessGuard({token, isUnixSocket}: AccessOptions): AccessGuard {
	if (token !== undefined) {
		return tokenGuard(token);
	}

	return isUnixSocket ? () => undefined : hostGuard;
}

function tokenGuard(token: string): AccessGuard {
	const expected = digestOf(token);
	return ({headers}) => {
		const given = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
		if (given !== undefined && timingSafeEqual(digestOf(given), expected)) {
			return undefined;
		}

		const message = given === undefined ? 'a bearer token is required: Authorization: Bearer TOKEN' : 'wrong token';
		return errorAnswer(401, 'unauthorized', message, {'www-authenticate': 'Bearer'});
	};
}

const hostGuard: AccessGuard = ({headersDistinct: {host}}) =>
	host?.length === 1 && loopbackName.test(host[0] ?? '')
		? undefined
		: errorAnswer(
				403,
				'forbidden_host',
				'without a token, the Host header must be localhost, 127.x.x.x or [::1]; to allow others, start serve with --token-file',
			);

/** Of one length whatever was given, so that the time of comparing tells nothing. */
function digestOf(token: string): Buffer {
	return createHash('sha256').update(token, 'latin1').digest();
}
