import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import type {Alert} from '../../source/domain/alerts/alert.js';
import {alertFleetFixture} from './alert-fixture.js';
import {temporaryFolder} from './temporary-folder.js';

/** A program for `--on-change`: a shell script in its own folder. */
export interface Hook {
	readonly program: string;
	/** The script's working directory. */
	readonly folder: string;
	/** The text of a file that it wrote; empty if there is none. */
	readonly text: (name: string) => string;
	/** The complete lines of such a file. */
	readonly lines: (name: string) => readonly string[];
}

/** Writes a hook. @param script shell code, run in the hook's folder */
export function hookFixture(context: TestContext, script: string): Hook {
	const folder = temporaryFolder(context);
	const program = path.join(folder, 'hook');
	writeFileSync(program, `#!/bin/sh\ncd '${folder}'\n${script}\n`, {mode: 0o755});
	const text = (name: string): string => {
		const file = path.join(folder, name);
		return existsSync(file) ? readFileSync(file, 'utf8') : '';
	};
	return {program, folder, text, lines: name => text(name).split('\n').slice(0, -1)};
}

/** The alert of a node called `a` that is down. */
export function alertFixture(): Alert {
	const fleet = alertFleetFixture(['a'], {fail_after: 1});
	fleet.cycles('up down');
	const [alert] = fleet.alerts();
	if (!alert) {
		throw new Error('the fleet made no alert');
	}

	return alert;
}
