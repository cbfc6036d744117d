import {statSync} from 'node:fs';
import {userInfo} from 'node:os';
import * as v from 'valibot';
import type {Silence, SilenceStore} from '../../domain/alerts/silences.js';
import {schemaVersion} from '../../domain/check-method.js';
import {InputError} from '../../domain/input-error.js';
import {id, text, time} from '../../domain/schemas.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {hostName} from '../own-process/system-calls.js';
import {withFileLock} from '../store/file-lock.js';
import {
	commitStagedFiles,
	readFileStamp,
	realFilePath,
	removeStagedLeftovers,
	setFileAside,
	stageTextFile,
} from '../store/staged-file.js';
import {newerFileText, parseStateDocument, type UnreadableDocument} from '../store/state-document.js';
import {systemErrorReason} from '../system-errors.js';

/** Opens silences.json; the file is read only on request. */
export function createSilenceStore(path: string): SilenceStore {
	let known: (Read & {readonly stamp: string}) | undefined;
	const load = (): Read => {
		try {
			if (!exists(path)) {
				return {silences: []};
			}

			const stamp = readFileStamp(path);
			if (known?.stamp !== stamp) {
				const reading = readDocument(path);
				known =
					reading.kind === 'read'
						? {stamp, silences: reading.document.silences}
						: {stamp, silences: [], problem: problemOf(path, reading)};
			}

			return known;
		} catch (error) {
			return {silences: [], problem: `${path} cannot be read: ${systemErrorReason(error)}; it silences nobody`};
		}
	};

	return {
		path,
		whoAmI,
		read: () => load().silences,
		problem: () => load().problem,
		update: async change => {
			const target = realFilePath(path);
			return withFileLock(
				target,
				lock => {
					removeStagedLeftovers(target);
					const reading = exists(target) ? readDocument(target) : undefined;
					if (reading?.kind === 'newer') {
						throw new InputError('newer_config', `the silences were not changed: ${newerFileText(path)}`);
					}

					if (reading?.kind === 'corrupt') {
						setFileAside(target);
					}

					const after = change(reading?.kind === 'read' ? reading.document.silences : []);
					const document = {schema_version: schemaVersion, silences: after};
					commitStagedFiles(lock, [stageTextFile(target, `${JSON.stringify(document)}\n`)]);
					return after;
				},
				{patienceMs: 2000},
			);
		},
	};
}

/** The content of the file, with its problem if it has one. */
interface Read {
	readonly silences: readonly Silence[];
	readonly problem?: string;
}

const exists = (path: string): boolean => statSync(path, {throwIfNoEntry: false}) !== undefined;

/** @throws Error of the system, SpecialFileError */
const readDocument = (path: string) => parseStateDocument(readWholeFileSync(path, fileLimits.alerts).text, schema());

function problemOf(path: string, reading: UnreadableDocument): string {
	const what = reading.kind === 'newer' ? newerFileText(path) : `${path} is corrupt (${reading.reason})`;
	return `${what}; it silences nobody`;
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

/** Created only if the file exists: most users have none. */
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
				ended: v.exactOptional(v.literal(true)),
			}),
		),
	});
