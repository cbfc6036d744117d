import {schemaVersion} from '../../domain/words.js';

/** What a request is answered with. */
export interface Answer {
	readonly statusCode: number;
	readonly body: string | Buffer;
	readonly contentType: string;
	/** Further headers. */
	readonly headers?: Readonly<Record<string, string>>;
}

/** Machine-readable words for what was wrong with a request, as `error.code`. */
export type HttpErrorCode =
	| 'bad_request'
	| 'unauthorized'
	| 'forbidden_host'
	| 'not_found'
	| 'node_not_found'
	| 'method_not_allowed'
	| 'timeout'
	| 'body_too_large'
	| 'headers_too_large'
	| 'internal_error'
	| 'shutting_down';

/** On every answer: what is true now is not so a moment later, and nothing here is anything but what its type says. */
export const commonHeaders = {'cache-control': 'no-store', 'x-content-type-options': 'nosniff'} as const;

const json = 'application/json; charset=utf-8';

/** A JSON document, on one line as `--json` writes it. */
export function jsonAnswer(statusCode: number, document: unknown): Answer {
	return {statusCode, body: `${JSON.stringify(document)}\n`, contentType: json};
}

/** A JSON document that is serialised already. */
export function serialisedAnswer(body: Buffer): Answer {
	return {statusCode: 200, body, contentType: json};
}

/** An error in the form of every JSON document of xmrtop. */
export function errorAnswer(
	statusCode: number,
	code: HttpErrorCode,
	message: string,
	headers?: Readonly<Record<string, string>>,
): Answer {
	const answer = jsonAnswer(statusCode, {schema_version: schemaVersion, error: {code, message}});
	return headers ? {...answer, headers} : answer;
}

/** What those are told who ask while the program ends. */
export const closingAnswer = errorAnswer(503, 'shutting_down', 'xmrtop is shutting down', {connection: 'close'});
