import {
	type BigIntStats,
	closeSync,
	constants,
	fstatSync,
	openSync,
	// Loaded on first use, unlike an import of node:fs/promises, which takes a millisecond of every start.
	promises,
	readSync,
	type Stats,
	statSync,
} from 'node:fs';
import type {FileHandle} from 'node:fs/promises';

const mib = 1024 * 1024;

/**
 * The maximum size of each of xmrtop's own files, in bytes. Estimates for a fleet of 1,000 nodes: 0.3 MB of definitions, at
 * most 14 MB of results and 25 MB of alerts (when all of them are waiting).
 */
export const fileLimits = {
	nodes: 16 * mib,
	results: 64 * mib,
	/** Read in pieces; the store keeps it below a quarter of this. */
	transitions: 256 * mib,
	alerts: 64 * mib,
	view: mib,
	owner: 64 * 1024,
	/** A file that the user names for an import. */
	input: 16 * mib,
} as const;

/** A path that is not read because it is not a regular file, or is too large. */
export class SpecialFileError extends Error {
	override readonly name = 'SpecialFileError';

	constructor(
		readonly code: 'EISDIR' | 'ENOTFILE' | 'EFBIG',
		/** The end of a sentence about the path, in plain words. */
		readonly reason: string,
	) {
		super(reason.replace(/^it is /, ''));
	}
}

/** The error for a file with more than `maxBytes`. */
export const tooLarge = (maxBytes: number): SpecialFileError =>
	new SpecialFileError('EFBIG', `it is larger than ${sizeText(maxBytes)}`);

const sizeText = (bytes: number): string => (bytes >= mib ? `${bytes / mib} MiB` : `${bytes / 1024} KiB`);

/**
 * Rejects a pipe or device, which may block or act when it is opened. @throws SpecialFileError for anything but a regular
 * file
 */
export function refuseSpecialFile(stats: Stats | BigIntStats): void {
	if (!stats.isFile()) {
		throw stats.isDirectory()
			? new SpecialFileError('EISDIR', 'it is a folder')
			: new SpecialFileError('ENOTFILE', 'it is not a regular file');
	}
}

/**
 * Opens a regular file, or a symbolic link to one. Anything else is rejected before it is opened, without blocking.
 * @param flags added to the flags for reading; with `O_CREAT` the file may be missing
 * @throws Error of the system, SpecialFileError
 */
export function openRegularFileSync(path: string, flags: number = constants.O_RDONLY, mode?: number): number {
	const before = statSync(path, {throwIfNoEntry: false});
	if (before) {
		refuseSpecialFile(before);
	}

	const descriptor = openSync(path, flags | constants.O_NONBLOCK | constants.O_NOCTTY, mode);
	try {
		// Another file may have been put there in between.
		refuseSpecialFile(fstatSync(descriptor));
		return descriptor;
	} catch (error) {
		closeSync(descriptor);
		throw error;
	}
}

/** The content of a file, with its stats. */
interface WholeFile {
	readonly text: string;
	readonly stats: BigIntStats;
}

/**
 * Reads a whole regular file.
 * @throws Error of the system, SpecialFileError
 */
export function readWholeFileSync(path: string, maxBytes: number): WholeFile {
	const descriptor = openRegularFileSync(path);
	try {
		const stats = fstatSync(descriptor, {bigint: true});
		if (stats.size > maxBytes) {
			throw tooLarge(maxBytes);
		}

		return {text: readToEnd(descriptor, Number(stats.size), maxBytes), stats};
	} finally {
		closeSync(descriptor);
	}
}

/** @param size the expected size; the file may grow meanwhile */
function readToEnd(descriptor: number, size: number, maxBytes: number): string {
	let buffer = Buffer.allocUnsafe(size + 1);
	let length = 0;
	for (;;) {
		const count = readSync(descriptor, buffer, length, buffer.length - length, null);
		length += count;
		if (count === 0) {
			return buffer.toString('utf8', 0, length);
		}

		if (length > maxBytes) {
			throw tooLarge(maxBytes);
		}

		if (length === buffer.length) {
			buffer = Buffer.concat([buffer], Math.min(2 * length + 4096, maxBytes + 1));
		}
	}
}

/**
 * Opens a regular file for reading; see {@link openRegularFileSync}.
 * @throws Error of the system, SpecialFileError
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
	refuseSpecialFile(await promises.stat(path));
	const file = await promises.open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
	try {
		refuseSpecialFile(await file.stat());
		return file;
	} catch (error) {
		await file.close();
		throw error;
	}
}

/**
 * Reads a file that the user names to its end; it may be a pipe.
 * @throws Error of the system, SpecialFileError when it is too large
 */
export async function readInputFile(path: string, maxBytes: number = fileLimits.input): Promise<string> {
	const file = await promises.open(path, constants.O_RDONLY | constants.O_NOCTTY);
	try {
		return await readHandle(file, maxBytes);
	} finally {
		await file.close();
	}
}

async function readHandle(file: FileHandle, maxBytes: number): Promise<string> {
	const parts: Buffer[] = [];
	for (let length = 0; ; ) {
		const {buffer, bytesRead} = await file.read(Buffer.allocUnsafe(65_536), 0, 65_536, null);
		if (bytesRead === 0) {
			return Buffer.concat(parts).toString('utf8');
		}

		length += bytesRead;
		if (length > maxBytes) {
			throw tooLarge(maxBytes);
		}

		parts.push(buffer.subarray(0, bytesRead));
	}
}

/**
 * Reads the beginning of a regular file. Anything else is rejected before it is opened: the path may come from another
 * user's command line.
 * @throws Error of the system, SpecialFileError
 */
export async function readFileStart(path: string, maxBytes: number): Promise<string> {
	const file = await openRegularFile(path);
	try {
		const {buffer, bytesRead} = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
		return buffer.toString('utf8', 0, bytesRead);
	} finally {
		await file.close();
	}
}

/** Reused by every read: there are thousands of reads per second. */
let systemBuffer = Buffer.alloc(65_536);

/** How to read a long system file no further than needed. */
export interface ReadSteps {
	readonly stepBytes: number;
	/** Called after every step with everything read so far. */
	readonly isEnough: (text: string) => boolean;
}

/**
 * Reads the beginning of a system file, such as one under /proc; such reads never wait for a disk.
 * @param steps default: read on until the end
 * @returns `undefined` when it cannot be read
 */
export function readSystemFile(path: string, maxBytes: number, steps?: ReadSteps): string | undefined {
	if (systemBuffer.length < maxBytes) {
		systemBuffer = Buffer.alloc(maxBytes);
	}

	let descriptor: number | undefined;
	try {
		descriptor = openSync(path, 'r');
		let length = 0;
		let bytesRead = 0;
		do {
			const wantedBytes = Math.min(steps?.stepBytes ?? maxBytes, maxBytes - length);
			bytesRead = readSync(descriptor, systemBuffer, length, wantedBytes, null);
			length += bytesRead;
			if (steps?.isEnough(systemBuffer.toString('utf8', 0, length))) {
				break;
			}
		} while (bytesRead > 0 && length < maxBytes);
		return systemBuffer.toString('utf8', 0, length);
	} catch {
		return undefined;
	} finally {
		if (descriptor !== undefined) {
			closeSync(descriptor);
		}
	}
}
