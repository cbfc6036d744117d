import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {schemaVersion} from '../domain/check-method.js';
import type {Node} from '../domain/node/node.js';
import {parseNodeDefinition} from '../domain/node/parse-node.js';
import type {SettingTexts} from '../domain/settings.js';
import type {ServerLogin} from './digest-server.js';
import type {DaemonName, LoginSource, ScriptedNode} from './scenarios.js';

/** One node of the fleet and where it listens. */
export interface DemoMember {
	readonly scriptedNode: ScriptedNode;
	readonly login?: ServerLogin;
	/** The SHA-256 fingerprint of its certificate; present if it uses TLS. */
	readonly fingerprint?: string;
}

/** What the configuration describes. */
export interface FleetFacts {
	readonly members: ReadonlyArray<DemoMember & {readonly simulatedNode: {readonly port: number}}>;
	readonly daemons: ReadonlyArray<{
		readonly name: DaemonName;
		readonly login?: ServerLogin;
		readonly simulatedNode: {readonly port: number};
	}>;
	readonly settings: SettingTexts;
}

/** A file beside nodes.json that holds a secret. */
interface SecretFile {
	readonly name: string;
	readonly text: string;
	readonly mode: number;
}

/**
 * Writes nodes.json and the files it refers to.
 * @throws Error with code `EEXIST` when there already is a nodes.json, which may be the user's own
 */
export async function writeDemoConfig(configDir: string, facts: FleetFacts): Promise<void> {
	const files: SecretFile[] = [];
	const place = (file: SecretFile): string => {
		files.push(file);
		return path.resolve(configDir, file.name);
	};
	const daemons = daemonFields(facts, place);
	const nodes = facts.members.map((member, index): Node => {
		const {scriptedNode} = member;
		const definition = {
			...nodeFields(member),
			...(member.login && scriptedNode.login ? loginFields[scriptedNode.login](member, member.login, place) : {}),
			...(scriptedNode.daemon ? daemons.get(scriptedNode.daemon) : {}),
		};
		return {id: index + 1, ...parseNodeDefinition(definition, scriptedNode.name)};
	});
	const document = {schema_version: schemaVersion, next_id: nodes.length + 1, nodes, settings: facts.settings};
	await writeNew(configDir, {name: 'nodes.json', text: `${JSON.stringify(document, undefined, '\t')}\n`, mode: 0o600});
	await Promise.all(files.map(async file => writeNew(configDir, file)));
}

type Place = (file: SecretFile) => string;
type PlacedMember = FleetFacts['members'][number];

function nodeFields({scriptedNode, fingerprint, simulatedNode}: PlacedMember): object {
	return {
		name: scriptedNode.name,
		title: scriptedNode.title,
		group: scriptedNode.group,
		port: simulatedNode.port,
		tls: fingerprint === undefined ? undefined : {fingerprint},
		timeout: scriptedNode.timeout,
		expect_wallet: scriptedNode.expectWallet,
		available: !scriptedNode.disabled,
	};
}

/** How each source of a password is written in a node's definition. */
const loginFields: Readonly<Record<LoginSource, (member: PlacedMember, login: ServerLogin, place: Place) => object>> = {
	password: (_, login) => login,
	password_file: ({scriptedNode}, {username, password}, place) => ({
		username,
		password_file: place({name: `${scriptedNode.name}.password`, text: `${password}\n`, mode: 0o600}),
	}),
	login_file: ({simulatedNode}, {username, password}, place) => ({
		login_file: place({
			name: `monero-wallet-rpc.${simulatedNode.port}.login`,
			text: `${username}:${password}`,
			mode: 0o400,
		}),
	}),
};

function daemonFields({daemons}: FleetFacts, place: Place): Map<DaemonName, object> {
	return new Map(
		daemons.map(({name, login, simulatedNode}) => [
			name,
			{
				daemon: `127.0.0.1:${simulatedNode.port}`,
				...(login
					? {
							daemon_username: login.username,
							daemon_password_file: place({
								name: `monerod-${name}.password`,
								text: `${login.password}\n`,
								mode: 0o600,
							}),
						}
					: {}),
			},
		]),
	);
}

async function writeNew(configDir: string, {name, text, mode}: SecretFile): Promise<void> {
	await writeFile(path.join(configDir, name), text, {mode, flag: 'wx'});
}
