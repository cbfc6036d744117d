import {refuseUnknownGroup, requireNode} from '../../application/selection.js';
import {schemaVersion} from '../../domain/check-method.js';
import {hostInUrl} from '../../domain/daemon-address.js';
import {durationForm, parseDurationMs} from '../../domain/format.js';
import {InputError} from '../../domain/input-error.js';
import {isNodeAvailable, type Node, type NodeDefinition, type Tls} from '../../domain/node/node.js';
import {parseNodeDefinition, refuseTakenNodeName} from '../../domain/node/parse-node.js';
import {listedDaemon} from '../../domain/past/record-result.js';
import {quoteValue} from '../../domain/text.js';
import type {Invocation, RunCommand} from '../command.js';
import type {FlagName, GivenFlags} from '../flags.js';
import {nodeJsonOutput, writeJson, writeNote} from '../output.js';
import {alignColumns} from '../reports/text-table.js';
import {noNodesNote, parseFlagValue} from '../run-settings.js';
import {importNodes} from './node-import.js';

const list: RunCommand = async ({flags, surroundings}) => {
	const {nodeStore, resultStore} = surroundings.openStores(flags);
	const group = flags.text('group');
	const all = nodeStore.read().nodes;
	refuseUnknownGroup(all, group, nodeStore.path);
	const nodes = all.filter(node => group === undefined || node.group === group);
	const nodeStates = resultStore.read();
	const {stdout, stderr} = surroundings;
	if (flags.isOn('json')) {
		const documents = nodes.map(node => nodeJsonOutput(current(node, surroundings.nowMs()), nodeStates.get(node.id)));
		writeJson(stdout, {schema_version: schemaVersion, nodes: documents});
		return 0;
	}

	if (nodes.length === 0) {
		writeNote(stderr, noNodesNote(0, nodeStore.path, undefined));
	}

	const rows = nodes.map(node => {
		const nodeState = nodeStates.get(node.id) ?? {};
		const last = nodeState.worked_data;
		const state = isNodeAvailable(node, surroundings.nowMs()) ? (last?.state ?? 'never checked') : 'disabled';
		return [
			String(node.id),
			node.name,
			`${hostInUrl(node.host)}:${node.port}`,
			node.daemon ?? listedDaemon(node, nodeState) ?? '',
			node.group ?? '',
			state,
		];
	});
	stdout.write(alignColumns([['ID', 'NAME', 'ADDRESS', 'DAEMON', 'GROUP', 'LAST STATE'], ...rows], nodes.length));
	return 0;
};

const show: RunCommand = async ({input, flags, surroundings}) => {
	const {nodeStore, resultStore} = surroundings.openStores(flags);
	const node = requireNode(nodeStore.read().nodes, input[0] ?? '', nodeStore.path);
	const document = nodeJsonOutput(current(node, surroundings.nowMs()), resultStore.read().get(node.id));
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, node: document});
		return 0;
	}

	const {worked_data: last, ...fields} = document;
	const lines = Object.entries(fields).map(
		([name, value]) => `${name.padEnd(22)}${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
	);
	const lastLine =
		last && `${'last check'.padEnd(22)}${last.state}, ${last.reason ?? last.message}, ${last.last_check}`;
	surroundings.stdout.write([...lines, ...(lastLine ? [lastLine] : [])].map(line => `${line}\n`).join(''));
	return 0;
};

/** Shows a node as available again once its `disabled_until` has passed, although the file still says disabled. */
function current(node: Node, nowMs: number): Node {
	const {disabled_until: until, ...rest} = node;
	return until !== undefined && isNodeAvailable(node, nowMs) ? {...rest, available: true} : node;
}

/** Reports what was done: a JSON document with `--json`, else a line on stderr. */
function report({flags, surroundings}: Invocation, nodes: readonly Node[], done: string): number {
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, nodes: nodes.map(node => nodeJsonOutput(node))});
	} else {
		const names = nodes.map(({name, id}) => `${name} (id ${id})`).join(', ');
		writeNote(surroundings.stderr, `${done} ${names}`, Number.POSITIVE_INFINITY);
	}

	return 0;
}

async function passwordFromStdin({flags, surroundings}: Invocation): Promise<string | undefined> {
	if (!flags.isOn('password-stdin')) {
		return undefined;
	}

	return (await surroundings.readStdin()).replace(/\r?\n$/, '');
}

const add: RunCommand = async invocation => {
	const {input, flags, surroundings} = invocation;
	const name = input[0] ?? '';
	const password = await passwordFromStdin(invocation);
	const changes = nodeChangesFromFlags(flags, undefined, password);
	const {nodeStore} = surroundings.openStores(flags);
	const definition = nodeStore.withStoredPaths(parseNodeDefinition({...changes, name}, `node ${quoteValue(name)}`));
	let added: Node | undefined;
	await nodeStore.update(file => {
		refuseTakenNodeName(file.nodes, name);
		added = {id: file.next_id, ...definition};
		return {...file, nodes: [...file.nodes, added], next_id: file.next_id + 1};
	});
	return report(invocation, added ? [added] : [], 'added');
};

const edit: RunCommand = async invocation => {
	const {input, flags, surroundings} = invocation;
	const {nodeStore} = surroundings.openStores(flags);
	const password = await passwordFromStdin(invocation);
	let edited: Node | undefined;
	await nodeStore.update(file => {
		const before = requireNode(file.nodes, input[0] ?? '', nodeStore.path);
		const changes = nodeChangesFromFlags(flags, before, password);
		if (Object.keys(changes).length === 0) {
			throw new InputError('bad_usage', 'nothing to change: use a flag such as --port, see xmrtop nodes edit --help');
		}

		const changed = parseNodeDefinition({...before, ...changes}, `node ${quoteValue(before.name)}`);
		const definition = nodeStore.withStoredPaths(changed);
		refuseTakenNodeName(file.nodes, definition.name, before.id);
		const after: Node = {id: before.id, ...definition};
		edited = after;
		return {...file, nodes: file.nodes.map(node => (node.id === before.id ? after : node))};
	});
	return report(invocation, edited ? [edited] : [], 'changed');
};

/** Changes every named node, all or nothing, and prints the new definitions; for a removed node, the old one. */
function changeNamed(done: string, change: (node: Node, invocation: Invocation) => Node | undefined): RunCommand {
	return async invocation => {
		const {input, flags, surroundings} = invocation;
		const {nodeStore} = surroundings.openStores(flags);
		let touched: Node[] = [];
		await nodeStore.update(file => {
			const named = new Set(input.map(name => requireNode(file.nodes, name, nodeStore.path)));
			const changed = new Map([...named].map(node => [node, change(node, invocation)]));
			touched = [...changed].map(([before, after]) => after ?? before);
			const nodes = file.nodes.map(node => (changed.has(node) ? changed.get(node) : node));
			return {...file, nodes: nodes.filter(node => node !== undefined)};
		});
		return report(invocation, touched, done);
	};
}

const removeNamed = changeNamed('removed', () => undefined);

/** Asks for confirmation on a terminal. */
const remove: RunCommand = async invocation => {
	const {input, flags, surroundings} = invocation;
	const {stdin, stderr} = surroundings;
	const {nodeStore} = surroundings.openStores(flags);
	const {nodes} = nodeStore.read();
	const named = [...new Set(input.map(name => requireNode(nodes, name, nodeStore.path)))];
	if (flags.isOn('dry-run')) {
		return report(invocation, named, 'would remove');
	}

	if (flags.isOn('yes') !== true && stdin.isTTY && stderr.isTTY) {
		const names = named.map(({name, id}) => `${name} (id ${id})`).join(', ');
		if (!(await surroundings.confirm(`remove ${names}? [y/N] `))) {
			writeNote(stderr, 'nothing was removed');
			return 1;
		}
	}

	// By id: by the time the user answers, another node may have the name.
	return removeNamed({...invocation, input: named.map(({id}) => String(id))});
};

const enable = changeNamed('enabled', ({disabled_until: _, ...node}) => ({...node, available: true}));

const disable = changeNamed('disabled', ({disabled_until: _, ...node}, {flags, surroundings}) => {
	const text = flags.text('for');
	if (text === undefined) {
		return {...node, available: false};
	}

	const forMs = parseFlagValue('for', text, parseDurationMs, durationForm);
	return {...node, available: false, disabled_until: new Date(surroundings.nowMs() + forMs).toISOString()};
});

const exportNodes: RunCommand = async ({flags, surroundings}) => {
	const group = flags.text('group');
	const {nodeStore} = surroundings.openStores(flags);
	const all = nodeStore.read().nodes;
	refuseUnknownGroup(all, group, nodeStore.path);
	const nodes = all.filter(node => group === undefined || node.group === group);
	const withPassword = nodes.filter(({password}) => password !== undefined);
	const document = {schema_version: schemaVersion, nodes: nodes.map(node => nodeJsonOutput(node))};
	writeJson(surroundings.stdout, document, 2);
	if (withPassword.length > 0) {
		const names = withPassword.map(({name}) => name).join(', ');
		writeNote(
			surroundings.stderr,
			`passwords are not exported; nodes with a password: ${names}`,
			Number.POSITIVE_INFINITY,
		);
	}

	return 0;
};

/** The commands that begin with `nodes`. */
export const nodesCommands = {
	list,
	show,
	add,
	edit,
	remove,
	enable,
	disable,
	import: importNodes,
	export: exportNodes,
} as const;

/** Converts the text of a flag to the value of a field; `undefined` clears the field. */
type FieldOf = (text: string) => unknown;

const asText: FieldOf = text => (text === '' ? undefined : text);
/** Text that is not a number stays text, so that the validation of the field rejects it with its own message. */
const asNumber: FieldOf = text => (text === '' ? undefined : /^\d{1,15}$/.test(text) ? Number(text) : text);

/** The flags that set one field each. */
const textFlags = {
	name: ['name', asText],
	kind: ['kind', asText],
	port: ['port', asNumber],
	host: ['host', asText],
	path: ['path', asText],
	username: ['username', asText],
	'password-env': ['password_env', asText],
	'password-file': ['password_file', asText],
	'login-file': ['login_file', asText],
	'login-config': ['login_config', asText],
	proxy: ['proxy', asText],
	daemon: ['daemon', asText],
	'daemon-username': ['daemon_username', asText],
	'daemon-password-env': ['daemon_password_env', asText],
	'daemon-password-file': ['daemon_password_file', asText],
	'daemon-proxy': ['daemon_proxy', asText],
	pid: ['pid', asNumber],
	'pid-file': ['pid_file', asText],
	group: ['group', asText],
	title: ['title', asText],
	timeout: ['timeout', asText],
	'busy-max': ['busy_max', asText],
} as const satisfies Partial<Record<FlagName, readonly [keyof NodeDefinition, FieldOf]>>;

/** Fields that a command line sets or clears (`undefined`), not yet validated. */
export type FieldChanges = Readonly<Partial<Record<keyof NodeDefinition, unknown>>>;

const passwordFields = ['password', 'password_env', 'password_file', 'login_file', 'login_config'] as const;

/**
 * The changes that flags make to a definition. A new source of the password replaces the old one.
 * @param before the definition to change; absent when a node is added
 * @param password the text read for `--password-stdin`
 */
export function nodeChangesFromFlags(flags: GivenFlags, before?: NodeDefinition, password?: string): FieldChanges {
	const changes: Partial<Record<keyof NodeDefinition, unknown>> = {};
	for (const [flag, [field, fieldOf]] of Object.entries(textFlags)) {
		const text = flags.text(flag as keyof typeof textFlags);
		if (text !== undefined) {
			changes[field] = fieldOf(text);
		}
	}

	if (password !== undefined) {
		changes.password = password;
	}

	const expectWallet = flags.isOn('expect-wallet');
	if (expectWallet !== undefined) {
		changes.expect_wallet = expectWallet;
	}

	return {
		...replacedPasswords(changes, before),
		...changes,
		...tlsChange(flags, before?.tls),
		...daemonTlsChange(flags, before?.daemon_tls),
	};
}

/** Clears the other sources of the password when one is given; a login file also clears the user, which it contains itself. */
function replacedPasswords(changes: FieldChanges, before: NodeDefinition | undefined): FieldChanges {
	const given = passwordFields.filter(field => changes[field] !== undefined);
	if (!before || given.length === 0) {
		return {};
	}

	const cleared = Object.fromEntries(passwordFields.map(field => [field, undefined]));
	return given.includes('login_file') || given.includes('login_config') ? {...cleared, username: undefined} : cleared;
}

/** Any `--tls-*` implies `--tls`. An empty value clears one option, `--no-tls` all of them. */
function tlsChange(flags: GivenFlags, before: Tls | undefined): FieldChanges {
	const isOn = flags.isOn('tls');
	const caFile = flags.text('tls-ca-file');
	const fingerprint = flags.text('tls-fingerprint');
	const insecure = flags.isOn('tls-insecure');
	if (isOn === false) {
		return {tls: undefined};
	}

	if (isOn === undefined && caFile === undefined && fingerprint === undefined && insecure === undefined) {
		return {};
	}

	return {tls: withParts(before, {caFile, fingerprint, insecure})};
}

/** The same for the daemon. When no option remains, `daemon_tls` is removed: the daemon's address decides whether https is used. */
function daemonTlsChange(flags: GivenFlags, before: Tls | undefined): FieldChanges {
	const caFile = flags.text('daemon-tls-ca-file');
	const fingerprint = flags.text('daemon-tls-fingerprint');
	const insecure = flags.isOn('daemon-tls-insecure');
	if (caFile === undefined && fingerprint === undefined && insecure === undefined) {
		return {};
	}

	const tls = withParts(before, {caFile, fingerprint, insecure});
	return {daemon_tls: Object.keys(tls).length === 0 ? undefined : tls};
}

interface TlsParts {
	readonly caFile: string | undefined;
	readonly fingerprint: string | undefined;
	readonly insecure: boolean | undefined;
}

function withParts(before: Tls | undefined, {caFile, fingerprint, insecure}: TlsParts): object {
	const parts = {
		...before,
		...(caFile === undefined ? {} : {ca_file: asText(caFile)}),
		...(fingerprint === undefined ? {} : {fingerprint: asText(fingerprint)}),
		...(insecure === undefined ? {} : {insecure: insecure || undefined}),
	};
	return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}
