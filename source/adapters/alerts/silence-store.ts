import {statSync} from 'node:fs';
import {userInfo} from 'node:os';
import * as v from 'valibot';
import type {Silence, SilenceStore} from '../../domain/alerts/silences.js';
import {schemaVersion} from '../../domain/check-method.js';
import {id, text, time} from '../../domain/schemas.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {hostName} from '../own-process/system-calls.js';
import {withFileLock} from '../store/file-lock.js';
import {
	commitStagedFiles,
	readFileStamp,
	removeStagedLeftovers,
	setFileAside,
	stageTextFile,
} from '../store/staged-file.js';
import {parseStateDocument} from '../store/state-document.js';

/** Opens silences.json; nothing is read before it is asked for. */
export function createSilenceStore(path: string): SilenceStore {
	let known: {readonly stamp: string; readonly silences: readonly Silence[]} | undefined;
	const readNow = (): readonly Silence[] | undefined => {
		const reading = parseStateDocument(readWholeFileSync(path, fileLimits.alerts).text, schema());
		return reading.kind === 'read' ? reading.document.silences : undefined;
	};

	const exists = (): boolean => statSync(path, {throwIfNoEntry: false}) !== undefined;

	return {
		path,
		whoAmI,
		read: () => {
			try {
				if (!exists()) {
					return [];
				}

				const stamp = readFileStamp(path);
				if (known?.stamp !== stamp) {
					known = {stamp, silences: readNow() ?? []};
				}

				return known.silences;
			} catch {
				return [];
			}
		},
		update: change =>
			withFileLock(
				path,
				lock => {
					const before = exists() ? readNow() : [];
					if (!before) {
						setFileAside(path);
					}

					const after = change(before ?? []);
					removeStagedLeftovers(path);
					const document = {schema_version: schemaVersion, silences: after};
					commitStagedFiles(lock, [stageTextFile(path, `${JSON.stringify(document)}\n`)]);
					return after;
				},
				{patienceMs: 2000},
			),
	};
}

function whoAmI(): string {
	let user = '';
	try {
		user = userInfo().username;
	} catch {
		// A user id without a passwd entry.
		user = `uid ${process.getuid?.() ?? '?'}`;
	}

	return `${user}@${hostName()}`;
}

/** Made when a file is there: most have none. */
const schema = () =>
	v.looseObject({
		schema_version: v.literal(schemaVersion),
		silences: v.array(
			v.looseObject({
				id,
				nodes: v.exactOptional(v.array(v.looseObject({id, name: text}))),
				group: v.exactOptional(text),
				daemon: v.exactOptional(text),
				by: text,
				reason: v.exactOptional(text),
				at: time,
				until: time,
			}),
		),
	});
