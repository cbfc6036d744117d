import {type ActionStore, parseAction, withAction} from '../../domain/actions.js';
import {schemaVersion} from '../../domain/check-method.js';
import {InputError} from '../../domain/input-error.js';
import {type HostStore, parseSavedHost, withSavedHost} from '../../domain/remote/remote-nodes.js';
import {isObject} from '../../domain/schemas.js';
import type {ListStore} from '../../domain/store.js';
import {quoteValue} from '../../domain/text.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';
import {withFileLock} from './file-lock.js';
import {actionsPathInStore, hostsPathInStore} from './paths.js';
import {commitStagedFiles, readFileStamp, realFilePath, removeStagedLeftovers, stageConfFile} from './staged-file.js';
import {jsonSyntaxErrorText, newerFileText} from './state-document.js';

/** The format of a file that holds a list. */
interface ListFormat<T> {
	/** The field of the document that holds the list. */
	readonly field: 'actions' | 'hosts';
	/** The word for one entry, for errors. */
	readonly noun: string;
	/** @throws InputError naming the invalid value */
	readonly parse: (value: unknown, where: string) => T;
	/** Adds an entry. @throws InputError when it conflicts with the others */
	readonly add: (before: readonly T[], entry: T, where: string) => readonly T[];
}

/**
 * The store of actions.json.
 * @param configDir its folder; created at the first save, accessible only to its owner
 */
export const createActionStore = (configDir: string): ActionStore =>
	createListStore(actionsPathInStore(configDir), {
		field: 'actions',
		noun: 'action',
		parse: parseAction,
		add: withAction,
	});

/**
 * The store of hosts.json.
 * @param configDir its folder; created at the first save, accessible only to its owner
 */
export const createHostStore = (configDir: string): HostStore =>
	createListStore(hostsPathInStore(configDir), {
		field: 'hosts',
		noun: 'host',
		parse: parseSavedHost,
		add: withSavedHost,
	});

function createListStore<T>(path: string, format: ListFormat<T>): ListStore<T> {
	let known: {readonly stamp: string; readonly entries: readonly T[]} | undefined;
	const read = (): readonly T[] => {
		const stamp = readFileStamp(path);
		if (known?.stamp !== stamp) {
			known = {stamp, entries: readFile(path, format)};
		}

		return known.entries;
	};

	return {
		path,
		read,
		update: async change => {
			const {Conf} = await import('./conf.js');
			const target = realFilePath(path);
			return withFileLock(target, lock => {
				const before = readFile(target, format);
				const after = change(before);
				if (after !== before) {
					removeStagedLeftovers(target);
					const document = {schema_version: schemaVersion, [format.field]: after};
					commitStagedFiles(lock, [stageConfFile(Conf, target, document, '\t')]);
				}

				return after;
			});
		},
	};
}

/** @throws InputError in one line that names the file; a missing file is an empty list */
function readFile<T>(path: string, format: ListFormat<T>): readonly T[] {
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

	// Someone who can change the file could choose what this user runs.
	if ((mode & 0o022n) !== 0n) {
		throw new InputError('invalid_config', `${path} can be changed by other users: chmod go-w ${path}`);
	}

	return parseListFile(text, path, format);
}

function parseListFile<T>(text: string, where: string, {field, noun, parse, add}: ListFormat<T>): readonly T[] {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		throw new InputError('invalid_config', `${where} is not valid JSON: ${jsonSyntaxErrorText(text)}`);
	}

	const {schema_version: version, [field]: entries}: Readonly<Record<string, unknown>> = isObject(document)
		? document
		: {};
	if (typeof version === 'number' && version > schemaVersion) {
		throw new InputError('newer_config', `${newerFileText(where)} (schema_version ${version})`);
	}

	if (version !== schemaVersion || !Array.isArray(entries)) {
		const expected = `a JSON object with schema_version ${schemaVersion} and ${field}`;
		throw new InputError('invalid_config', `${where} is invalid: expected ${expected}`);
	}

	try {
		return entries.reduce<readonly T[]>((before, value: unknown, index) => {
			const name = isObject(value) && typeof value.name === 'string' ? quoteValue(value.name) : `${index + 1}`;
			const place = `${where}: ${noun} ${name}`;
			return add(before, parse(value, place), place);
		}, []);
	} catch (error) {
		throw error instanceof InputError ? new InputError('invalid_config', error.message) : error;
	}
}
