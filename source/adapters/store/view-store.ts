import * as v from 'valibot';
import {schemaVersion} from '../../domain/check-method.js';
import {InputError} from '../../domain/input-error.js';
import type {ViewStore} from '../../domain/store.js';
import {defaultRememberedView, type RememberedView, rememberedView} from '../../domain/view/remembered-view.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';
import {withFileLock} from './file-lock.js';
import {viewPathInStore} from './paths.js';
import {commitStagedFiles, realFilePath, removeStagedLeftovers, setFileAside, stageConfFile} from './staged-file.js';
import {newerFileText, parseStateDocument, type UnreadableDocument} from './state-document.js';

/** How long a save waits for the lock, in milliseconds: a view is not worth a longer wait. */
const patienceMs = 2000;

type Reading = {readonly kind: 'read'; readonly view: RememberedView} | {readonly kind: 'missing'} | UnreadableDocument;

/**
 * The store of view.json.
 * @param stateDir its folder; created at the first save, accessible only to its owner
 */
export function createViewStore(stateDir: string): ViewStore {
	const path = viewPathInStore(stateDir);
	return {
		path,
		read: () => {
			try {
				const reading = read(path);
				return reading.kind === 'read' ? {view: reading.view} : {view: defaultRememberedView, ...noteOf(path, reading)};
			} catch (error) {
				return {view: defaultRememberedView, note: `${path} cannot be read: ${systemErrorReason(error)}; default view`};
			}
		},
		save: async view => {
			const {Conf} = await import('./conf.js');
			const target = realFilePath(path);
			await withFileLock(
				target,
				lock => {
					const reading = read(target);
					if (reading.kind === 'newer') {
						throw new InputError('newer_config', `the view was not saved: ${newerFileText(path)}`);
					}

					if (reading.kind === 'corrupt') {
						setFileAside(target);
					}

					removeStagedLeftovers(target);
					commitStagedFiles(lock, [stageConfFile(Conf, target, {schema_version: schemaVersion, ...view}, '\t')]);
				},
				{patienceMs},
			);
		},
	};
}

function noteOf(path: string, reading: Exclude<Reading, {kind: 'read'}>): {readonly note?: string} {
	return reading.kind === 'missing'
		? {}
		: {
				note:
					reading.kind === 'newer'
						? `${newerFileText(path)}; default view`
						: `${path} is corrupt (${reading.reason}); default view`,
			};
}

/** @throws Error of the system, SpecialFileError */
function read(path: string): Reading {
	let text: string;
	try {
		({text} = readWholeFileSync(path, fileLimits.view));
	} catch (error) {
		if (systemErrorCode(error) === 'ENOENT') {
			return {kind: 'missing'};
		}

		throw error;
	}

	const reading = parseStateDocument(text, rememberedView);
	return reading.kind === 'read' ? {kind: 'read', view: v.parse(rememberedView, reading.document)} : reading;
}
