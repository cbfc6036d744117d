import {execFile} from 'node:child_process';
import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {findProgram} from './real-process.js';
import {cliEnvironment, cliPath} from './run-cli.js';
import {temporaryFolder} from './temporary-folder.js';

/** The folder of the examples. */
export const examplesFolder = fileURLToPath(new URL('../../examples/', import.meta.url));

/** The text of one of the examples. */
export const readExample = (name: string): string => readFileSync(path.join(examplesFolder, name), 'utf8');

export interface Ran {
	readonly code: number | string | null | undefined;
	/** stdout and stderr. */
	readonly said: string;
}

/** Runs an installed program until it exits; by default in the folder of the examples. */
export function runProgram(program: string, args: readonly string[], cwd = examplesFolder): Promise<Ran> {
	return new Promise(resolve => {
		execFile(findProgram(program) ?? program, args, {cwd, env: cliEnvironment({})}, (error, stdout, stderr) => {
			resolve({code: error ? error.code : 0, said: stdout + stderr});
		});
	});
}

/** Makes a folder with a script `xmrtop` that writes its pid into the file `pid` and then runs the built program. */
export function folderWithProgram(context: TestContext): string {
	const folder = temporaryFolder(context);
	const program = path.join(folder, 'xmrtop');
	const pidFile = path.join(folder, 'pid');
	writeFileSync(
		program,
		`#!/bin/sh\necho $$ >'${pidFile}.new' && mv '${pidFile}.new' '${pidFile}'\nexec '${process.execPath}' '${cliPath}' "$@"\n`,
	);
	chmodSync(program, 0o755);
	return folder;
}
