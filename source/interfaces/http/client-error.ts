import {STATUS_CODES} from 'node:http';
import type {Socket} from 'node:net';
import {type Answer, commonHeaders, errorAnswer} from './answer.js';

const answers: Readonly<Record<string, Answer>> = {
	ERR_HTTP_REQUEST_TIMEOUT: errorAnswer(408, 'timeout', 'the request did not arrive in time'),
	HPE_HEADER_OVERFLOW: errorAnswer(431, 'headers_too_large', 'the headers are too large'),
	HPE_CHUNK_EXTENSIONS_OVERFLOW: errorAnswer(413, 'body_too_large', 'the body is too large'),
};
const malformed = errorAnswer(400, 'bad_request', 'malformed HTTP request');

/** Answers what is no request, or did not become one in time, and ends its connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket & {_httpMessage?: unknown}): void {
	// Where an answer is on its way already, a second one would be read as part of it.
	if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage) {
		socket.destroy(error);
		return;
	}

	const {statusCode, body, contentType} = answers[error.code ?? ''] ?? malformed;
	const headers = {
		...commonHeaders,
		'content-type': contentType,
		'content-length': String(Buffer.byteLength(body)),
		connection: 'close',
	};
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
	socket.end([`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`, ...lines, '', body].join('\r\n'), () =>
		socket.destroy(),
	);
}
