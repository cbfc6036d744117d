import {compact} from '../../domain/compact.js';
import type {ForeignService, NoAnswerCause} from '../../domain/ports.js';
import {recogniseService} from '../../domain/rpc/wallet-rpc.js';
import {cleanText} from '../../domain/text.js';
import {localNetworkFailure, type OwnNetwork, ownNetwork} from './local-failure.js';

/** Why nothing came back: the cause for programs, the system's words for people. */
export interface NetworkFailure {
	readonly cause: NoAnswerCause;
	readonly error: string;
	/** What answers there, where it says so. */
	readonly service?: ForeignService;
}

/** A failure whose cause is already judged, on its way through an interface that wants an `Error`. */
export class NetworkError extends Error {
	override readonly name = 'NetworkError';

	constructor(readonly failure: NetworkFailure) {
		super(failure.error);
	}
}

const causesByCode: Readonly<Record<string, NoAnswerCause>> = {
	ECONNREFUSED: 'refused',
	ECONNRESET: 'reset',
	ECONNABORTED: 'reset',
	EPIPE: 'reset',
	ETIMEDOUT: 'timeout',
	ENOTFOUND: 'unresolved',
	ENODATA: 'unresolved',
	EHOSTUNREACH: 'unreachable',
	EHOSTDOWN: 'unreachable',
	ENETUNREACH: 'unreachable',
};

const notTls = /wrong version number|packet length too long|unknown protocol|record layer failure/;

/** Judges an error of a socket, a name lookup, a TLS handshake or the HTTP parser. Never throws. */
export function networkFailure(error: unknown, own: OwnNetwork = ownNetwork): NetworkFailure {
	if (error instanceof NetworkError) {
		return error.failure;
	}

	if (error instanceof AggregateError && error.errors.length > 0) {
		return failureOfAll(error.errors.map(one => networkFailure(one, own)));
	}

	const trouble = localNetworkFailure(error, own);
	if (trouble !== undefined) {
		return {cause: 'not_checkable', error: `${trouble} (${wordsOf(error)})`};
	}

	const cause = causeOf(error);
	const {rawPacket} = error as {readonly rawPacket?: Uint8Array};
	const service = cause === 'not_http' && rawPacket ? recogniseService(rawPacket) : undefined;
	return compact({cause, error: wordsOf(error), service});
}

/** A name with several addresses fails once for each, under an error without a message. */
function failureOfAll(failures: readonly NetworkFailure[]): NetworkFailure {
	// An address that this machine cannot connect to says nothing, one that cannot be reached less than one that was.
	const told = failures.filter(({cause}) => cause !== 'not_checkable');
	const telling = told.find(({cause}) => cause !== 'unreachable') ?? told[0] ?? failures[0];
	const texts = new Set(failures.map(({error}) => error));
	return {cause: telling?.cause ?? 'other', error: cleanText([...texts].join('; '))};
}

function causeOf(error: unknown): NoAnswerCause {
	const {code, syscall, message} = error as NodeJS.ErrnoException;
	if (typeof code !== 'string') {
		return 'other';
	}

	// Node gives a connection that ends without an answer the code of a reset, and no system call.
	if (code === 'ECONNRESET' && syscall === undefined) {
		return 'closed';
	}

	if (notTls.test(message)) {
		return 'tls_not_spoken';
	}

	if (code.startsWith('HPE_')) {
		return 'not_http';
	}

	return causesByCode[code] ?? (code.startsWith('EAI_') ? 'unresolved' : 'other');
}

function wordsOf(error: unknown): string {
	const {message = String(error), rawPacket} = error as Error & {rawPacket?: Uint8Array};
	// A TLS server answers plain HTTP with an alert record: 0x15, then the version 3.x.
	if (rawPacket?.[0] === 0x15 && rawPacket[1] === 3) {
		return 'the server speaks TLS, not plain HTTP';
	}

	if (message.startsWith('Client network socket disconnected')) {
		return 'closed during the TLS handshake; TLS may be disabled there';
	}

	// OpenSSL: "write EPROTO 00A1...:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:file.c:355:"
	const reason = /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1];
	return cleanText(reason === undefined ? message : `TLS: ${reason}`);
}
