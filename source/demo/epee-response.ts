import type {ServerResponse} from 'node:http';

/** One HTTP answer of Monero's own server. */
export interface EpeeResponse {
	readonly statusCode: 200 | 401 | 404;
	readonly contentType: 'application/json' | 'text/html' | 'text/plain';
	readonly body: string;
	/** Values of `WWW-authenticate` headers. */
	readonly challenges?: readonly string[];
}

/** Spelt as Monero's server does. */
const statusTexts = {200: 'Ok', 401: 'Unauthorized', 404: 'Not found'} as const;

/** Writes an answer with the headers of Monero's server, in its order, and no others. */
export function sendEpee(
	response: ServerResponse,
	{statusCode, contentType, body, challenges = []}: EpeeResponse,
): void {
	response.sendDate = false;
	// Makes Node leave the header out; the connection is kept all the same.
	response.removeHeader('connection');
	response.writeHead(statusCode, statusTexts[statusCode], [
		'Server',
		'Epee-based',
		'Content-Length',
		String(Buffer.byteLength(body)),
		'Content-Type',
		contentType,
		'Last-Modified',
		new Date().toUTCString(),
		'Accept-Ranges',
		'bytes',
		...challenges.flatMap(challenge => ['WWW-authenticate', challenge]),
	]);
	response.end(body);
}

/** A document as Monero's server writes JSON. */
export function epeeJson(document: object): string {
	return JSON.stringify(document, undefined, 2).replaceAll('\n', '\r\n');
}
