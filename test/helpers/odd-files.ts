import {execFileSync} from 'node:child_process';
import {closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync} from 'node:fs';
import {createServer} from 'node:net';
import path from 'node:path';
import type {TestContext} from 'node:test';

const gib = 1024 ** 3;

/** Things that may be found in place of a regular file, and how to create them. */
export const oddFiles: Readonly<Record<string, (context: TestContext, file: string) => Promise<void> | void>> = {
	'a pipe': (_, file) => void execFileSync('mkfifo', [file]),
	'a folder': (_, file) => void mkdirSync(file),
	'a link to a device that never ends': (_, file) => symlinkSync('/dev/zero', file),
	'a link to a pipe': (_, file) => {
		execFileSync('mkfifo', [`${file}.pipe`]);
		symlinkSync(`${file}.pipe`, file);
	},
	'a socket': (context, file) =>
		new Promise((resolve, reject) => {
			const server = createServer().listen(file, resolve).on('error', reject);
			context.after(() => server.close());
		}),
	'600 MB': (_, file) => sparse(file, 0.6 * gib),
	'20 GB of nothing': (_, file) => sparse(file, 20 * gib),
	'a link to itself': (_, file) => symlinkSync(path.basename(file), file),
};

function sparse(file: string, bytes: number): void {
	const descriptor = openSync(file, 'w', 0o600);
	ftruncateSync(descriptor, Math.floor(bytes));
	closeSync(descriptor);
}
