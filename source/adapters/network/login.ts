import type {Login} from '../../domain/node.js';
import {readFileStart} from '../bounded-read.js';
import {fileErrorWords} from '../file-error.js';

/** A user and the password, as the hash needs them. */
export interface Credentials {
	readonly username: string;
	readonly password: string;
}

/** Credentials, or why there are none; the reason never holds a secret. */
export type CredentialsOutcome = Credentials | {readonly error: string};

/** No password is this long; what is longer is another file. */
const maxFileBytes = 64 * 1024;

/** Whether a login is configured at all. */
export function hasLogin(login: Login | undefined): login is Login {
	return (
		login !== undefined &&
		(login.password ?? login.password_file ?? login.password_env ?? login.login_file) !== undefined
	);
}

/** Whether the password is kept outside the configuration, where it may change while we run. */
export function isKeptOutside(login: Login): boolean {
	return login.password === undefined;
}

/** Reads the user and password from where the login says they are, now. */
export async function readCredentials(login: Login): Promise<CredentialsOutcome> {
	if (login.login_file !== undefined) {
		return splitLogin(await readSecretFile('login_file', login.login_file), login.login_file);
	}

	const {username = ''} = login;
	if (login.password_file !== undefined) {
		const read = await readSecretFile('password_file', login.password_file);
		return 'error' in read ? read : {username, password: read.text};
	}

	if (login.password_env !== undefined) {
		const password = process.env[login.password_env];
		return password ? {username, password} : {error: `environment variable ${login.password_env} is not set`};
	}

	return {username, password: login.password ?? ''};
}

type SecretText = {readonly text: string} | {readonly error: string};

/** `user:password`; the user holds no colon, the password may. */
function splitLogin(read: SecretText, path: string): CredentialsOutcome {
	if ('error' in read) {
		return read;
	}

	const colon = read.text.indexOf(':');
	return colon > 0
		? {username: read.text.slice(0, colon), password: read.text.slice(colon + 1)}
		: {error: `login_file ${path}: holds no user:password`};
}

/** The whole text of a small file, without its one trailing newline. */
async function readSecretFile(field: string, path: string): Promise<SecretText> {
	try {
		const read = await readFileStart(path, maxFileBytes + 1);
		if (Buffer.byteLength(read) > maxFileBytes) {
			return {error: `${field} ${path}: too long for a password`};
		}

		const text = read.replace(/\r?\n$/, '');
		return text === '' ? {error: `${field} ${path}: empty`} : {text};
	} catch (error) {
		return {error: `${field} ${path}: ${fileErrorWords(error)}`};
	}
}
