import {once} from 'node:events';
import {lstatSync, renameSync, rmSync, type Stats, statSync} from 'node:fs';
import type {Server} from 'node:http';
import {connect} from 'node:net';
import {dirname} from 'node:path';
import {listenBacklog} from './limits.js';
import {spareSocketPath} from './listen-address.js';

/**
 * Listens on a Unix socket that only this user may use. One that nobody answers on is replaced; one in use, and any other
 * kind of file, is left alone.
 * @returns the way to end it, which removes the socket
 * @throws Error with a `code`: of the system, `EADDRINUSE` or `ENOTSOCK`
 */
export async function listenOnUnixSocket(server: Server, path: string): Promise<() => void> {
	// A folder that is not there is called `permission denied` by what binds.
	statSync(dirname(path));
	await refuseTaken(path);
	// Bound beside its place and then moved: nobody finds a socket that does not answer, and what is removed at the end is
	// never another's.
	const spare = spareSocketPath(path);
	rmSync(spare, {force: true});
	const listening = once(server, 'listening');
	const before = process.umask(0o177);
	try {
		server.listen({path: spare, backlog: listenBacklog});
	} finally {
		process.umask(before);
	}

	await listening;
	const own = lstatSync(spare);
	try {
		renameSync(spare, path);
	} catch (error) {
		server.close();
		throw error;
	}

	return () => {
		server.close();
		const there = sightOf(path);
		if (there?.ino === own.ino && there.dev === own.dev) {
			rmSync(path, {force: true});
		}
	};
}

async function refuseTaken(path: string): Promise<void> {
	const there = sightOf(path);
	if (there && !there.isSocket()) {
		throw Object.assign(new Error('not a socket'), {code: 'ENOTSOCK'});
	}

	if (there && (await answers(path))) {
		throw Object.assign(new Error('in use'), {code: 'EADDRINUSE'});
	}
}

function sightOf(path: string): Stats | undefined {
	return lstatSync(path, {throwIfNoEntry: false});
}

/** @throws Error of the system when that cannot be found out */
async function answers(path: string): Promise<boolean> {
	const socket = connect(path);
	try {
		await once(socket, 'connect');
		return true;
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? error.code : undefined;
		if (code === 'ECONNREFUSED' || code === 'ENOENT') {
			return false;
		}

		// Its queue is full: somebody is there.
		if (code === 'EAGAIN') {
			return true;
		}

		throw error;
	} finally {
		socket.destroy();
	}
}
