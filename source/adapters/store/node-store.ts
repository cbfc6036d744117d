import {existsSync, readFileSync, statSync} from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import {schemaVersion} from '../../domain/check-method.js';
import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node/node.js';
import {parseNodeDefinition} from '../../domain/node/parse-node.js';
import {id as idSchema, isObject, type JsonObject} from '../../domain/schemas.js';
import {withAbsolutePaths} from '../../domain/secret-files.js';
import {parseSetting, parseSettingName, type SettingTexts, settingNames} from '../../domain/settings.js';
import type {NodeStore, NodesFile} from '../../domain/store.js';
import {quoteValue} from '../../domain/text.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {currentFolder} from '../own-process/system-calls.js';
import {fileExposure} from '../secret-file.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';
import {type HeldLock, withFileLock} from './file-lock.js';
import {
	commitStagedFiles,
	fileStamp,
	realFilePath,
	removeStagedLeftovers,
	stageConfFile,
	stageTextFile,
} from './staged-file.js';
import {jsonSyntaxErrorText, newerFileText} from './state-document.js';

/** The content before the first node is added. */
const emptyNodesFile: NodesFile = {nodes: [], settings: {}, next_id: 1};

const fields = ['schema_version', 'next_id', 'nodes', 'settings'] as const;

/**
 * Reads the text of nodes.json.
 * @param where the file's path, for errors
 * @param backup the path of its backup when there is one
 * @throws InputError in one line that never quotes the text, which may hold a password
 */
function parseNodesFile(text: string, where: string, backup?: string): NodesFile {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		throw invalid(where, `is not valid JSON: ${jsonSyntaxErrorText(text)}${adviceOf(backup)}`);
	}

	try {
		return parseDocument(document, where);
	} catch (error) {
		// In a file, a bad node or setting is a bad configuration.
		throw error instanceof InputError && error.code !== 'newer_config'
			? new InputError('invalid_config', `${error.message}${adviceOf(backup)}`)
			: error;
	}
}

function adviceOf(backup: string | undefined): string {
	return backup === undefined ? '' : `; the last valid copy is ${backup}`;
}

/** The document that nodes.json holds. People read it, so a node's name comes right after its id. */
function nodesDocument({next_id, nodes, settings}: NodesFile): object {
	const named = nodes.map(({id, name, ...rest}) => ({id, name, ...rest}));
	return {schema_version: schemaVersion, next_id, nodes: named, settings};
}

function parseDocument(document: unknown, where: string): NodesFile {
	if (!isObject(document)) {
		throw invalid(where, `does not contain a JSON object with ${fields.join(', ')}`);
	}

	checkVersion(document.schema_version, where);
	const unknown = Object.keys(document).find(key => !(fields as readonly string[]).includes(key));
	if (unknown !== undefined) {
		throw invalid(where, `${quoteValue(unknown)} is not a field of this file: ${fields.join(', ')}`, ': ');
	}

	if (!Array.isArray(document.nodes)) {
		throw invalid(where, 'nodes is not an array', ': ');
	}

	const nodes = document.nodes.map((value, index) => parseNode(value, where, index));
	rejectDuplicates(nodes, where);
	return {
		nodes,
		settings: parseSettings(document.settings ?? {}, where),
		next_id: parseNextId(document.next_id, nodes, where),
	};
}

function checkVersion(version: unknown, where: string): void {
	if (typeof version === 'number' && version > schemaVersion) {
		throw new InputError('newer_config', `${newerFileText(where)} (schema_version ${version})`);
	}

	if (version !== schemaVersion) {
		throw invalid(where, `schema_version ${quoteValue(version)} is invalid: expected ${schemaVersion}`, ': ');
	}
}

function parseNode(value: unknown, where: string, index: number): Node {
	const given: JsonObject = isObject(value) ? value : {};
	const label = [given.name, given.id].find(word => typeof word === 'string' || typeof word === 'number');
	const place = `${where}: node ${label === undefined ? `at position ${index + 1}` : quoteValue(label)}`;
	const definition = parseNodeDefinition(value, place);
	const {id} = given;
	if (!v.is(idSchema, id)) {
		throw invalid(place, `id ${quoteValue(id)} is invalid: expected a whole number from 1`, ': ');
	}

	return {id, ...definition};
}

function rejectDuplicates(nodes: readonly Node[], where: string): void {
	for (const field of ['id', 'name'] as const) {
		const seen = new Set<unknown>();
		for (const node of nodes) {
			if (seen.has(node[field])) {
				throw invalid(where, `${field} ${quoteValue(node[field])} is used by two nodes: it must be unique`, ': ');
			}

			seen.add(node[field]);
		}
	}
}

function parseSettings(value: unknown, where: string): SettingTexts {
	if (!isObject(value)) {
		throw invalid(where, 'settings is not an object', ': ');
	}

	for (const [key, text] of Object.entries(value)) {
		const name = parseSettingName(key);
		if (!name) {
			throw invalid(where, `${quoteValue(key)} is not a setting: ${settingNames.join(', ')}`, ': ');
		}

		parseSetting(name, text, where);
	}

	return value as SettingTexts;
}

/** A lower next_id than every id given so far would give an id twice. */
function parseNextId(value: unknown, nodes: readonly Node[], where: string): number {
	const minNextId = 1 + nodes.reduce((highest, {id}) => Math.max(highest, id), 0);
	if (!v.is(idSchema, value) || value < minNextId) {
		throw invalid(where, `next_id ${quoteValue(value)} is invalid: expected a whole number from ${minNextId}`, ': ');
	}

	return value;
}

function invalid(where: string, what: string, joint = ' '): InputError {
	return new InputError('invalid_config', `${where}${joint}${what}`);
}

/** What was read, and from which file. */
interface Loaded {
	/** Changes whenever the file changes. */
	readonly stamp: string;
	readonly mode: number;
	/** Its owner. */
	readonly uid: number;
	/** When it was written, in milliseconds since the epoch. */
	readonly writtenMs: number;
	/** Absent when there is no file. */
	readonly text?: string;
	readonly file: NodesFile;
}

const noFile: Loaded = {stamp: 'none', mode: 0, uid: 0, writtenMs: 0, file: emptyNodesFile};

/** Machines that share a folder have clocks that differ by less than this, in milliseconds. */
const clockDifferenceMs = 60_000;

/**
 * The store of nodes.json.
 * @param configDir its folder; created at the first change, accessible only to its owner
 */
export function createNodeStore(configDir: string, nowMs: () => number = Date.now): NodeStore {
	const nodesPath = path.resolve(configDir, 'nodes.json');
	let last = noFile;
	const load = () => {
		last = withCorrectedTimes(loadUnlessSame(nodesPath, last), nowMs());
		return last;
	};

	return {
		path: nodesPath,
		read: () => load().file,
		update: async change => {
			const {Conf} = await import('./conf.js');
			const target = realFilePath(nodesPath);
			return withFileLock(target, lock => {
				removeStagedLeftovers(target);
				removeStagedLeftovers(backupOf(target));
				const before = load();
				const after = change(before.file);
				if (after === before.file) {
					return after;
				}

				write({Conf, lock, target}, before, checked(before.file, after, nodesPath));
				return load().file;
			});
		},
		withStoredPaths: definition => withAbsolutePaths(definition, fromCurrentFolder),
		permissionWarning: () => {
			const {mode, uid, file} = load();
			const readable =
				fileExposure({mode, uid}, process.getuid?.()) && file.nodes.some(node => node.password !== undefined);
			return readable
				? `${nodesPath} contains a password and is readable by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod 600 ${nodesPath}`
				: undefined;
		},
	};
}

/**
 * The file without its `disabled_until` times if it was written by a clock that was ahead: such a node is checked again
 * instead of remaining disabled for years.
 */
function withCorrectedTimes(loaded: Loaded, nowMs: number): Loaded {
	const isAhead = loaded.writtenMs - nowMs > clockDifferenceMs;
	if (!isAhead || loaded.file.nodes.every(({disabled_until: until}) => until === undefined)) {
		return loaded;
	}

	const nodes = loaded.file.nodes.map(({disabled_until: until, ...node}) =>
		until === undefined ? node : {...node, available: true},
	);
	return {...loaded, file: {...loaded.file, nodes}};
}

function fromCurrentFolder(file: string): string {
	if (path.isAbsolute(file)) {
		return file;
	}

	const folder = currentFolder();
	if (folder === undefined) {
		const words = `the path ${quoteValue(file)} is relative, and the current folder cannot be found: use an absolute path`;
		throw new InputError('invalid_node', words);
	}

	return path.resolve(folder, file);
}

function backupOf(file: string): string {
	return `${file}.bak`;
}

function loadUnlessSame(nodesPath: string, last: Loaded): Loaded {
	try {
		const stats = statSync(nodesPath, {bigint: true, throwIfNoEntry: false});
		// Newer versions of Node also report a missing entry when part of the path is not a folder: reading tells the two
		// apart.
		return stats && fileStamp(stats) === last.stamp ? last : loadFile(nodesPath);
	} catch (error) {
		if (systemErrorCode(error) === undefined) {
			throw error;
		}

		// The folder does not exist, or the file was removed between two reads.
		if (systemErrorCode(error) === 'ENOENT') {
			return noFile;
		}

		throw new InputError('invalid_config', `${nodesPath} cannot be read: ${systemErrorReason(error)}`);
	}
}

function loadFile(nodesPath: string): Loaded {
	const {text, stats} = readWholeFileSync(nodesPath, fileLimits.nodes);
	const backup = backupOf(realFilePath(nodesPath));
	const written = parseNodesFile(text, nodesPath, existsSync(backup) ? backup : undefined);
	// Not relative to the current folder: a service, a cron job and a shell have different ones.
	const folder = path.dirname(nodesPath);
	const absolute = (given: string): string => (path.isAbsolute(given) ? given : path.resolve(folder, given));
	const file = {...written, nodes: written.nodes.map(node => withAbsolutePaths(node, absolute))};
	return {
		stamp: fileStamp(stats),
		mode: Number(stats.mode),
		uid: Number(stats.uid),
		writtenMs: Number(stats.mtimeMs),
		text,
		file,
	};
}

/** Checks the result of a change by the same rules as the content of a file. */
function checked(before: NodesFile, after: NodesFile, where: string): NodesFile {
	const known = new Set(before.nodes.map(({id}) => id));
	const reused = after.nodes.find(({id}) => !known.has(id) && id < before.next_id);
	if (reused) {
		throw new InputError('invalid_node', `${where}: id ${reused.id} was used before: ids are never reused`);
	}

	const highest = Math.max(0, ...after.nodes.map(({id}) => id));
	const next_id = Math.max(before.next_id, after.next_id, highest + 1);
	return parseNodesFile(JSON.stringify(nodesDocument({...after, next_id})), where);
}

interface Writing {
	readonly Conf: typeof import('conf').default;
	readonly lock: HeldLock;
	readonly target: string;
}

function write({Conf, lock, target}: Writing, before: Loaded, after: NodesFile): void {
	const backup = backupOf(target);
	try {
		const staged = stageConfFile(Conf, target, nodesDocument(after), '\t');
		// The first file is its own backup, so that there is always one.
		const stagedBackup = stageTextFile(backup, before.text ?? readFileSync(staged.stagedPath, 'utf8'));
		commitStagedFiles(lock, [stagedBackup, staged]);
	} catch (error) {
		removeStagedLeftovers(target);
		removeStagedLeftovers(backup);
		throw error;
	}
}
