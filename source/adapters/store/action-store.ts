import {type Action, type ActionStore, parseAction, withAction} from '../../domain/actions.js';
import {schemaVersion} from '../../domain/check-method.js';
import {InputError} from '../../domain/input-error.js';
import {isObject} from '../../domain/schemas.js';
import {quoteValue} from '../../domain/text.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';
import {withFileLock} from './file-lock.js';
import {actionsPathInStore} from './paths.js';
import {commitStagedFiles, readFileStamp, realFilePath, removeStagedLeftovers, stageConfFile} from './staged-file.js';
import {jsonSyntaxErrorText} from './state-document.js';

/**
 * The store of actions.json.
 * @param configDir its folder; made, for its owner alone, at the first save
 */
export function createActionStore(configDir: string): ActionStore {
	const path = actionsPathInStore(configDir);
	let known: {readonly stamp: string; readonly actions: readonly Action[]} | undefined;
	const read = (): readonly Action[] => {
		const stamp = readFileStamp(path);
		if (known?.stamp !== stamp) {
			known = {stamp, actions: readFile(path)};
		}

		return known.actions;
	};

	return {
		path,
		read,
		update: async change => {
			const {Conf} = await import('./conf.js');
			const target = realFilePath(path);
			return withFileLock(target, lock => {
				const before = readFile(target);
				const after = change(before);
				if (after !== before) {
					removeStagedLeftovers(target);
					const document = {schema_version: schemaVersion, actions: after};
					commitStagedFiles(lock, [stageConfFile(Conf, target, document, '\t')]);
				}

				return after;
			});
		},
	};
}

/** @throws InputError one line that names the file; none where there is no file */
function readFile(path: string): readonly Action[] {
	let text: string;
	let mode: bigint;
	try {
		const read = readWholeFileSync(path, fileLimits.view);
		text = read.text;
		mode = read.stats.mode;
	} catch (error) {
		if (systemErrorCode(error) === 'ENOENT') {
			return [];
		}

		throw new InputError('invalid_config', `${path} cannot be read: ${systemErrorReason(error)}`);
	}

	// Whoever can change it could choose what this user runs.
	if ((mode & 0o022n) !== 0n) {
		throw new InputError('invalid_config', `${path} can be changed by other users: chmod go-w ${path}`);
	}

	return parseActionsFile(text, path);
}

function parseActionsFile(text: string, where: string): readonly Action[] {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		throw new InputError('invalid_config', `${where} is not valid JSON: ${jsonSyntaxErrorText(text)}`);
	}

	const {schema_version: version, actions}: {readonly schema_version?: unknown; readonly actions?: unknown} = isObject(
		document,
	)
		? document
		: {};
	if (typeof version === 'number' && version > schemaVersion) {
		throw new InputError('newer_config', `${where} was written by a newer xmrtop (schema_version ${version})`);
	}

	if (version !== schemaVersion || !Array.isArray(actions)) {
		const expected = `a JSON object with schema_version ${schemaVersion} and actions`;
		throw new InputError('invalid_config', `${where} is invalid: expected ${expected}`);
	}

	try {
		return actions.reduce<readonly Action[]>((before, value: unknown, index) => {
			const name = isObject(value) && typeof value.name === 'string' ? quoteValue(value.name) : `${index + 1}`;
			const place = `${where}: action ${name}`;
			return withAction(before, parseAction(value, place), place);
		}, []);
	} catch (error) {
		throw error instanceof InputError ? new InputError('invalid_config', error.message) : error;
	}
}
