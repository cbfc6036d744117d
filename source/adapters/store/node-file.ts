import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node/node.js';
import {parseNodeDefinition} from '../../domain/node/parse-node.js';
import {parseSetting, parseSettingName, type SettingTexts, settingNames} from '../../domain/settings.js';
import type {NodesFile} from '../../domain/store.js';
import {shown} from '../../domain/text.js';
import {schemaVersion} from '../../domain/words.js';
import {isRecord} from '../is-record.js';
import {jsonErrorText} from './json-position.js';

/** What there is before the first node. */
export const emptyNodesFile: NodesFile = {nodes: [], settings: {}, next_id: 1};

const fields = ['schema_version', 'next_id', 'nodes', 'settings'] as const;

/**
 * Reads the text of nodes.json.
 * @param where the file's path, for errors
 * @param backup the path of its backup when there is one
 * @throws InputError one line; never quotes the text, which may hold a password
 */
export function parseNodesFile(text: string, where: string, backup?: string): NodesFile {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		throw invalid(where, `is not valid JSON: ${jsonErrorText(text)}${adviceOf(backup)}`);
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

/** The document that nodes.json holds; people read it, so a node begins with what it is called. */
export function nodesDocument({next_id, nodes, settings}: NodesFile): object {
	const named = nodes.map(({id, name, ...rest}) => ({id, name, ...rest}));
	return {schema_version: schemaVersion, next_id, nodes: named, settings};
}

function parseDocument(document: unknown, where: string): NodesFile {
	if (!isRecord(document)) {
		throw invalid(where, `does not contain a JSON object with ${fields.join(', ')}`);
	}

	checkVersion(document.schema_version, where);
	const unknown = Object.keys(document).find(key => !(fields as readonly string[]).includes(key));
	if (unknown !== undefined) {
		throw invalid(where, `${shown(unknown)} is not a field of this file: ${fields.join(', ')}`, ': ');
	}

	if (!Array.isArray(document.nodes)) {
		throw invalid(where, 'nodes is not an array', ': ');
	}

	const nodes = document.nodes.map((value, index) => parseNode(value, where, index));
	rejectTwins(nodes, where);
	return {
		nodes,
		settings: parseSettings(document.settings ?? {}, where),
		next_id: parseNextId(document.next_id, nodes, where),
	};
}

function checkVersion(version: unknown, where: string): void {
	if (typeof version === 'number' && version > schemaVersion) {
		throw new InputError('newer_config', `${where} was written by a newer xmrtop (schema_version ${version})`);
	}

	if (version !== schemaVersion) {
		throw invalid(where, `schema_version ${shown(version)} is invalid: expected ${schemaVersion}`, ': ');
	}
}

function parseNode(value: unknown, where: string, index: number): Node {
	const given: Record<string, unknown> = isRecord(value) ? value : {};
	const label = [given.name, given.id].find(word => typeof word === 'string' || typeof word === 'number');
	const place = `${where}: node ${label === undefined ? `at position ${index + 1}` : shown(label)}`;
	const definition = parseNodeDefinition(value, place);
	const {id} = given;
	if (typeof id !== 'number' || !isId(id)) {
		throw invalid(place, `id ${shown(id)} is invalid: expected a whole number from 1`, ': ');
	}

	return {id, ...definition};
}

function rejectTwins(nodes: readonly Node[], where: string): void {
	for (const field of ['id', 'name'] as const) {
		const seen = new Set<unknown>();
		for (const node of nodes) {
			if (seen.has(node[field])) {
				throw invalid(where, `${field} ${shown(node[field])} is used by two nodes: it must be unique`, ': ');
			}

			seen.add(node[field]);
		}
	}
}

function parseSettings(value: unknown, where: string): SettingTexts {
	if (!isRecord(value)) {
		throw invalid(where, 'settings is not an object', ': ');
	}

	for (const [key, text] of Object.entries(value)) {
		const name = parseSettingName(key);
		if (!name) {
			throw invalid(where, `${shown(key)} is not a setting: ${settingNames.join(', ')}`, ': ');
		}

		parseSetting(name, text, where);
	}

	return value as SettingTexts;
}

/** A number below an id that was given once would let that id be given again. */
function parseNextId(value: unknown, nodes: readonly Node[], where: string): number {
	const least = 1 + nodes.reduce((highest, {id}) => Math.max(highest, id), 0);
	if (typeof value !== 'number' || !isId(value) || value < least) {
		throw invalid(where, `next_id ${shown(value)} is invalid: expected a whole number from ${least}`, ': ');
	}

	return value;
}

function isId(value: number): boolean {
	return Number.isSafeInteger(value) && value >= 1;
}

function invalid(where: string, what: string, joint = ' '): InputError {
	return new InputError('invalid_config', `${where}${joint}${what}`);
}
