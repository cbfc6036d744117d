import {schemaVersion} from '../../domain/check-method.js';
import {errnoWords} from '../../domain/errno-words.js';
import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node/node.js';
import {parseNodeDefinition, refuseTakenNodeName} from '../../domain/node/parse-node.js';
import type {NodeStore, NodesFile} from '../../domain/store.js';
import {quoteValue} from '../../domain/text.js';
import type {RunCommand} from '../command.js';
import {nodeJsonOutput, writeJson, writeNote} from '../output.js';

/** The result of an import: the new file, and the names of the changed nodes. */
interface ImportPlan {
	readonly file: NodesFile;
	readonly added: readonly string[];
	readonly updated: readonly string[];
	readonly removed: readonly string[];
}

/** Adds the nodes of a JSON file and updates those known by name, all or nothing. */
export const importNodes: RunCommand = async ({input, flags, surroundings}) => {
	const source = input[0] ?? '-';
	const where = source === '-' ? 'stdin' : source;
	const entries = parseEntries(await readSource(source, surroundings), where);
	const isPruning = flags.isOn('prune') === true;
	const {nodeStore} = surroundings.openStores(flags);
	let plan: ImportPlan | undefined;
	const planned = (file: NodesFile): NodesFile => {
		plan = planImport(file, entries, {where, isPruning, store: nodeStore});
		return plan.file;
	};

	const isDryRun = flags.isOn('dry-run') === true;
	const file = isDryRun ? planned(nodeStore.read()) : await nodeStore.update(planned);
	const {added, updated, removed} = plan ?? {added: [], updated: [], removed: []};
	if (flags.isOn('json')) {
		const nodes = file.nodes.map(node => nodeJsonOutput(node));
		writeJson(surroundings.stdout, {schema_version: schemaVersion, dry_run: isDryRun, added, updated, removed, nodes});
		return 0;
	}

	const changes = Object.entries({added, updated, removed})
		.filter(([, names]) => names.length > 0)
		.map(
			([done, names]) => `${names.length} ${done} (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''})`,
		);
	const summary = changes.length === 0 ? 'nothing to change' : changes.join('; ');
	writeNote(surroundings.stderr, `${isDryRun ? 'would import: ' : ''}${summary}`);
	return 0;
};

async function readSource(
	source: string,
	{
		readFile,
		readStdin,
	}: {readonly readFile: (path: string) => Promise<string>; readonly readStdin: () => Promise<string>},
): Promise<string> {
	try {
		return source === '-' ? await readStdin() : await readFile(source);
	} catch (error) {
		const {code = 'unknown error', message} = error as NodeJS.ErrnoException;
		const why = code === 'EFBIG' ? message : (errnoWords(code) ?? code);
		throw new InputError('bad_usage', `${source} cannot be read (${why}): use a JSON file, or - for stdin`);
	}
}

function parseEntries(text: string, where: string): readonly unknown[] {
	const form = 'a JSON array of nodes, or what xmrtop nodes export wrote';
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new InputError('invalid_node', `${where} is not valid JSON: expected ${form}`);
	}

	if (Array.isArray(value)) {
		return value;
	}

	const {schema_version: version, nodes} = (value ?? {}) as {schema_version?: unknown; nodes?: unknown};
	if (typeof version === 'number' && version > schemaVersion) {
		throw new InputError(
			'newer_config',
			`${where} was written by a newer xmrtop: this version reads up to schema version ${schemaVersion}`,
		);
	}

	if (!Array.isArray(nodes)) {
		throw new InputError('invalid_node', `${where} contains no nodes: expected ${form}`);
	}

	return nodes;
}

interface ImportOptions {
	/** Name of the source, for error messages. */
	readonly where: string;
	readonly isPruning: boolean;
	readonly store: Pick<NodeStore, 'withStoredPaths'>;
}

function planImport(
	file: NodesFile,
	entries: readonly unknown[],
	{where, isPruning, store}: ImportOptions,
): ImportPlan {
	const byName = new Map(file.nodes.map(node => [node.name, node]));
	const imported = new Map<string, Node>();
	const added: string[] = [];
	const updated: string[] = [];
	let nextId = file.next_id;
	for (const [index, entry] of entries.entries()) {
		const place = `${where}: node ${index + 1}`;
		const before = byName.get(nameOf(entry));
		const definition = store.withStoredPaths(parseNodeDefinition(withKeptPassword(entry, before, place), place));
		if (imported.has(definition.name)) {
			throw new InputError(
				'invalid_node',
				`${place}: name ${quoteValue(definition.name)} is given twice: names must be unique`,
			);
		}

		if (!before) {
			refuseTakenNodeName(file.nodes, definition.name);
		}

		const node: Node = {id: before?.id ?? nextId, ...definition};
		nextId += before ? 0 : 1;
		imported.set(node.name, node);
		if (!before) {
			added.push(node.name);
		} else if (JSON.stringify(sorted(before)) !== JSON.stringify(sorted(node))) {
			updated.push(node.name);
		}
	}

	const kept = file.nodes
		.filter(({name}) => imported.has(name) || !isPruning)
		.map(node => imported.get(node.name) ?? node);
	const removed = file.nodes.filter(({name}) => !imported.has(name) && isPruning).map(({name}) => name);
	const hasChanges = added.length + updated.length + removed.length > 0;
	const nodes = [...kept, ...added.map(name => imported.get(name) as Node)];
	return {file: hasChanges ? {...file, nodes, next_id: nextId} : file, added, updated, removed};
}

const sorted = (node: Node) => Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1));

function nameOf(entry: unknown): string {
	const {name} = (entry ?? {}) as {name?: unknown};
	return typeof name === 'string' ? name : '';
}

/** Drops the extra fields of `export` and `list --json`, and keeps the existing password, which is never exported. */
function withKeptPassword(entry: unknown, before: Node | undefined, place: string): unknown {
	if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
		return entry;
	}

	const {has_password: hasPassword, worked: _, worked_data: __, ...definition} = entry as Record<string, unknown>;
	if (hasPassword !== true || definition.password !== undefined) {
		return definition;
	}

	if (before?.password === undefined) {
		const name = quoteValue(definition.name);
		throw new InputError(
			'invalid_node',
			`${place}: the password of ${name} was not exported: replace has_password with password_file, password_env or login_file`,
		);
	}

	return {...definition, password: before.password};
}
