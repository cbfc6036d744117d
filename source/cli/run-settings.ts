import {InputError} from '../domain/input-error.js';
import {exposureWarning} from '../domain/secret-files.js';
import {resolveSettings, type SettingName, type Settings, settingFields} from '../domain/settings.js';
import {parseState, type State, states} from '../domain/state.js';
import {type FailLevel, failLevels, parseFailLevel} from '../domain/status-document.js';
import type {NodesFile} from '../domain/store.js';
import {quoteValue} from '../domain/text.js';
import type {Invocation} from './command.js';
import type {FlagName, GivenFlags} from './flags.js';
import {writeNote} from './output.js';

/** The settings that flags of the same name override. */
const flagSettings = ['method', 'interval', 'timeout', 'concurrency'] as const satisfies ReadonlyArray<
	SettingName & FlagName
>;

/**
 * Resolves the settings of one run: those of the file, overridden by flags.
 * @throws InputError naming the flag or setting, its value and the allowed values
 */
export function resolveRunSettings(file: NodesFile, flags: GivenFlags, where: string): Settings {
	const texts: Partial<Record<SettingName, string>> = {};
	for (const name of flagSettings) {
		const text = flags.text(name);
		if (text !== undefined) {
			parseFlagValue<unknown>(name, text, settingFields[name].parse, settingFields[name].allowed);
			texts[name] = text;
		}
	}

	return resolveSettings({texts: file.settings, where}, {texts, where: 'flags'});
}

/**
 * Reads the value of a flag.
 * @throws InputError (`bad_usage`) when it is not allowed
 */
export function parseFlagValue<T>(
	name: FlagName,
	text: string,
	parse: (text: string) => T | undefined,
	allowed: string,
): T {
	const value = parse(text);
	if (value === undefined) {
		throw new InputError('bad_usage', `--${name} ${quoteValue(text)} is invalid: expected ${allowed}`);
	}

	return value;
}

/** Reads `--fail-on`, the level from which the exit code is 1. Default `failed`. */
export function readFailLevelFlag(flags: GivenFlags): FailLevel {
	const text = flags.text('fail-on');
	return text === undefined ? 'failed' : parseFlagValue('fail-on', text, parseFailLevel, failLevels.join(', '));
}

/** Reads `--state`, the state to list; `undefined` lists all. */
export function readStateFlag(flags: GivenFlags): State | undefined {
	const text = flags.text('state');
	return text === undefined ? undefined : parseFlagValue('state', text, parseState, states.join(', '));
}

/** Whether a command line names remote hosts; the code that connects to them is loaded only then. */
export function hasConnectFlag(flags: GivenFlags): boolean {
	return flags.texts('connect').length > 0 || flags.texts('hosts').length > 0;
}

/** @throws InputError for a token or login without a host to send it to, and for `--at` without a Prometheus */
export function refuseUnusedTokenFlag(flags: GivenFlags): void {
	if (hasConnectFlag(flags)) {
		return;
	}

	for (const name of ['token-file', 'basic-auth-file'] as const) {
		if (flags.text(name) !== undefined) {
			throw new InputError('bad_usage', `--${name} is not allowed without --connect: it is sent to those hosts`);
		}
	}

	if (flags.text('at') !== undefined) {
		throw new InputError('bad_usage', '--at is not allowed without --connect prometheus+http(s)://HOST:PORT');
	}
}

/**
 * Explains why there is nothing to check.
 * @param count number of nodes in the file
 * @param path path of nodes.json
 */
export function noNodesNote(count: number, path: string, group: string | undefined): string {
	if (count === 0) {
		return `there are no nodes in ${path}; add one: xmrtop nodes add NAME --port N`;
	}

	return group === undefined
		? `every node in ${path} is disabled; enable one: xmrtop nodes enable NODE`
		: `no enabled node in ${path} is in the group ${quoteValue(group)}`;
}

/** A valid bearer token, as sent after `Authorization: Bearer`. */
const sendable = /^[\x21-\x7E]{1,4096}$/;
const allowed = 'one word of at most 4096 printable ASCII characters';

/**
 * Reads the bearer token: the first line of `--token-file`, else `XMRTOP_TOKEN`; `undefined` when neither is given.
 * Warns when other users can read the file.
 * @throws InputError when the file cannot be read or contains no valid token; the message never contains the token
 */
export async function readTokenFlag({flags, surroundings}: Invocation): Promise<string | undefined> {
	const path = flags.text('token-file');
	if (path === undefined) {
		const {XMRTOP_TOKEN: text = ''} = surroundings.env;
		return text === '' ? undefined : tokenIn(text, 'environment variable XMRTOP_TOKEN');
	}

	if (path === '') {
		throw new InputError('bad_usage', '--token-file "" is invalid: expected the path of a file');
	}

	const read = await surroundings.readSecretFile(path, 'token');
	if ('error' in read) {
		throw new InputError('bad_usage', `--token-file ${quoteValue(path)} cannot be used: ${read.error}`);
	}

	const token = tokenIn(read.text, `--token-file ${quoteValue(path)}`);
	if (read.exposure) {
		writeNote(surroundings.stderr, exposureWarning('--token-file', path, read.exposure));
	}

	return token;
}

/** `USER:PASSWORD`: no control characters, and no colon in the user. */
const basicAuth = /^[^\p{Control}:]{1,256}:[^\p{Control}]{1,4096}$/u;

/**
 * Reads the user and password for Prometheus: the first line of `--basic-auth-file`; `undefined` when it is not given.
 * Warns when other users can read the file.
 * @throws InputError when the file cannot be read or contains no valid login; the message never contains the login
 */
export async function readBasicAuthFlag({flags, surroundings}: Invocation): Promise<string | undefined> {
	const path = flags.text('basic-auth-file');
	if (path === undefined) {
		return undefined;
	}

	const read =
		path === '' ? {error: 'expected the path of a file'} : await surroundings.readSecretFile(path, 'password');
	if ('error' in read) {
		throw new InputError('bad_usage', `--basic-auth-file ${quoteValue(path)} cannot be used: ${read.error}`);
	}

	const login = read.text.split('\n', 1)[0]?.trim() ?? '';
	if (!basicAuth.test(login)) {
		const expected = 'expected one line, USER:PASSWORD';
		throw new InputError('bad_usage', `--basic-auth-file ${quoteValue(path)} contains no login: ${expected}`);
	}

	if (read.exposure) {
		writeNote(surroundings.stderr, exposureWarning('--basic-auth-file', path, read.exposure));
	}

	return login;
}

function tokenIn(text: string, where: string): string {
	const token = text.split('\n', 1)[0]?.trim() ?? '';
	if (!sendable.test(token)) {
		throw new InputError('bad_usage', `${where} contains no token: expected ${allowed}`);
	}

	return token;
}

/** The flags that control colors and characters. */
export function drawingFlags(flags: Invocation['flags']) {
	return {color: flags.isOn('color'), ascii: flags.isOn('ascii'), unicode: flags.isOn('unicode')};
}
