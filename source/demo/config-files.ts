import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {schemaVersion} from '../domain/check-method.js';
import type {Node} from '../domain/node/node.js';
import {parseNodeDefinition} from '../domain/node/parse-node.js';
import type {SettingTexts} from '../domain/settings.js';
import type {ServerLogin} from './digest-server.js';
import type {Character, DaemonName, LoginSource} from './scenarios.js';

/** One node of the fleet and where it listens. */
export interface Member {
	readonly character: Character;
	readonly login?: ServerLogin;
	/** SHA-256 of its certificate; present: it speaks TLS. */
	readonly fingerprint?: string;
}

/** What the configuration is to know. */
export interface FleetFacts {
	readonly members: ReadonlyArray<Member & {readonly player: {readonly port: number}}>;
	readonly daemons: ReadonlyArray<{
		readonly name: DaemonName;
		readonly login?: ServerLogin;
		readonly player: {readonly port: number};
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
 * @throws Error with code `EEXIST` when there is a nodes.json already: it may be somebody's own
 */
export async function writeConfig(configDir: string, facts: FleetFacts): Promise<void> {
	const files: SecretFile[] = [];
	const place = (file: SecretFile): string => {
		files.push(file);
		return path.resolve(configDir, file.name);
	};
	const daemons = daemonFields(facts, place);
	const nodes = facts.members.map((member, index): Node => {
		const {character} = member;
		const definition = {
			...nodeFields(member),
			...(member.login && character.login ? loginFields[character.login](member, member.login, place) : {}),
			...(character.daemon ? daemons.get(character.daemon) : {}),
		};
		return {id: index + 1, ...parseNodeDefinition(definition, character.name)};
	});
	const document = {schema_version: schemaVersion, next_id: nodes.length + 1, nodes, settings: facts.settings};
	await writeNew(configDir, {name: 'nodes.json', text: `${JSON.stringify(document, undefined, '\t')}\n`, mode: 0o600});
	await Promise.all(files.map(async file => writeNew(configDir, file)));
}

type Place = (file: SecretFile) => string;
type PlacedMember = FleetFacts['members'][number];

function nodeFields({character, fingerprint, player}: PlacedMember): object {
	return {
		name: character.name,
		title: character.title,
		group: character.group,
		port: player.port,
		tls: fingerprint === undefined ? undefined : {fingerprint},
		timeout: character.timeout,
		expect_wallet: character.expectWallet,
		available: !character.disabled,
	};
}

/** How each source of a password is written down. */
const loginFields: Readonly<Record<LoginSource, (member: PlacedMember, login: ServerLogin, place: Place) => object>> = {
	password: (_, login) => login,
	password_file: ({character}, {username, password}, place) => ({
		username,
		password_file: place({name: `${character.name}.password`, text: `${password}\n`, mode: 0o600}),
	}),
	login_file: ({player}, {username, password}, place) => ({
		login_file: place({
			name: `monero-wallet-rpc.${player.port}.login`,
			text: `${username}:${password}`,
			mode: 0o400,
		}),
	}),
};

function daemonFields({daemons}: FleetFacts, place: Place): Map<DaemonName, object> {
	return new Map(
		daemons.map(({name, login, player}) => [
			name,
			{
				daemon: `127.0.0.1:${player.port}`,
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
