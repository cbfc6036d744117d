import type {Login} from '../../domain/node/node.js';
import type {SecretText} from '../../domain/secret-files.js';
import {readSecretFile} from '../secret-file.js';

/** A user and the password, as the hash needs them. */
export interface Credentials {
	readonly username: string;
	readonly password: string;
}

/** Credentials, or why there are none; the reason never holds a secret. */
export type CredentialsOutcome = Credentials | {readonly error: string};

/** Whether a login is configured at all. */
export function hasLogin(login: Login | undefined): login is Login {
	return (
		login !== undefined &&
		(login.password ?? login.password_file ?? login.password_env ?? login.login_file) !== undefined
	);
}

/** Whether the password is kept outside the configuration, where it may change while we run. */
export function isPasswordKeptOutside(login: Login): boolean {
	return login.password === undefined;
}

/** Reads the user and password from where the login says they are, now. */
export async function readCredentials(login: Login): Promise<CredentialsOutcome> {
	if (login.login_file !== undefined) {
		return splitLogin(await readLoginFile('login_file', login.login_file), login.login_file);
	}

	const {username = ''} = login;
	if (login.password_file !== undefined) {
		const read = await readLoginFile('password_file', login.password_file);
		return 'error' in read ? read : {username, password: read.text};
	}

	if (login.password_env !== undefined) {
		const password = process.env[login.password_env];
		return password ? {username, password} : {error: `environment variable ${login.password_env} is not set`};
	}

	return {username, password: login.password ?? ''};
}

/** `user:password`; the user holds no colon, the password may. */
function splitLogin(read: SecretText, path: string): CredentialsOutcome {
	if ('error' in read) {
		return read;
	}

	const colon = read.text.indexOf(':');
	return colon > 0
		? {username: read.text.slice(0, colon), password: read.text.slice(colon + 1)}
		: {error: `login_file ${path}: does not contain user:password`};
}

async function readLoginFile(field: string, path: string): Promise<SecretText> {
	const read = await readSecretFile(path, 'password');
	return 'error' in read ? {error: `${field} ${path}: ${read.error}`} : read;
}
