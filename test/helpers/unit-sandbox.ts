import {chmodSync, chownSync, copyFileSync, mkdirSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {cliPath} from './run-cli.js';
import {temporaryFolder} from './temporary-folder.js';

const filtered = fileURLToPath(new URL('restrict-system-calls.py', import.meta.url));
/** A user id in the range that systemd uses for DynamicUser=. */
const userId = 61_999;

/** The values of a unit's settings: `one` is the last value of a name, `all` are all its values. */
export interface UnitSettings {
	readonly one: (name: string) => string | undefined;
	readonly all: (name: string) => readonly string[];
}

/** Parses the settings of a unit; comments and sections are ignored. */
export function unitSettings(text: string): UnitSettings {
	const pairs = [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value = '']) => [name, value] as const);
	const all = (name: string): readonly string[] => pairs.filter(([key]) => key === name).map(([, value]) => value);
	return {one: name => all(name).at(-1), all};
}

/** The restrictions that this sandbox implements, with the supported values. Any other restriction in a unit is an error. */
const known: Readonly<Record<string, readonly string[]>> = {
	CapabilityBoundingSet: [''],
	DynamicUser: ['yes'],
	LockPersonality: ['yes'],
	NoNewPrivileges: ['yes'],
	PrivateDevices: ['yes'],
	PrivateTmp: ['yes'],
	ProtectControlGroups: ['yes'],
	ProtectHome: ['yes'],
	ProtectHostname: ['yes'],
	ProtectKernelTunables: ['yes'],
	ProtectSystem: ['strict'],
	RestrictNamespaces: ['yes'],
	RestrictRealtime: ['yes'],
};
/** For a program that runs as its own user without capabilities, these restrictions have no further effect. */
const implied =
	/^(?:ProtectClock|ProtectKernelLogs|ProtectKernelModules|RestrictSUIDSGID|SystemCallArchitectures|UMask)$/;

/** A program with the restrictions of a unit, applied by bwrap, setpriv and seccomp instead of systemd. */
export interface SandboxedUnit {
	readonly file: string;
	/** @param args arguments of the program */
	readonly argv: (program: string, ...args: string[]) => readonly string[];
	/** The arguments in ExecStart after the program. */
	readonly execArgs: readonly string[];
	readonly program: string;
}

/**
 * Makes the sandbox of a unit.
 * @param credentials files to use for the names in LoadCredential
 * @param families address families to allow instead of those of the unit
 * @throws for a restriction that this sandbox does not implement
 */
export function sandboxOf(
	t: TestContext,
	text: string,
	credentials: Readonly<Record<string, string>>,
	families?: string,
): SandboxedUnit {
	const unit = unitSettings(text);
	const restrictions = [
		...text.matchAll(/^((?:Capability|Dynamic|Lock|NoNew|Private|Protect|Restrict|SystemCall|UMask)\w*)=(.*)$/gm),
	];
	for (const [, name = '', value = ''] of restrictions) {
		if (name !== 'RestrictAddressFamilies' && !implied.test(name) && !known[name]?.includes(value)) {
			throw new Error(`${name}=${value} is not known to the sandbox of the tests`);
		}
	}

	const folder = temporaryFolder(t);
	const [given, state] = [path.join(folder, 'credentials'), path.join(folder, 'state')];
	for (const each of [given, state]) {
		mkdirSync(each);
		chownSync(each, userId, userId);
		chmodSync(each, 0o700);
	}

	for (const credential of unit.all('LoadCredential')) {
		const [name = ''] = credential.split(':');
		const file = path.join(given, name);
		copyFileSync(credentials[name] ?? '', file);
		chownSync(file, userId, userId);
		chmodSync(file, 0o400);
	}

	// A pid namespace, so that all processes end with bwrap: --die-with-parent alone is lost when the user changes.
	// /srv exists on every machine, and the program does not use it otherwise.
	const [creds, own] = ['/srv/credentials', '/srv/state'];
	const bwrap = [
		...[
			'--ro-bind',
			'/',
			'/',
			'--dev',
			'/dev',
			'--proc',
			'/proc',
			'--unshare-uts',
			'--unshare-pid',
			'--die-with-parent',
		],
		...['--tmpfs', '/tmp', '--tmpfs', '/srv', '--dir', '/srv/program'],
		...['--ro-bind', path.dirname(cliPath), '/srv/program', '--ro-bind', process.execPath, '/srv/node'],
		...['--ro-bind', filtered, '/srv/filtered.py', '--ro-bind', given, creds, '--bind', state, own],
		...['--tmpfs', '/home', '--tmpfs', '/root', '--ro-bind', '/sys', '/sys'],
		...['--clearenv', '--setenv', 'PATH', '/usr/local/bin:/usr/bin:/bin'],
		...['--setenv', 'CREDENTIALS_DIRECTORY', creds, '--setenv', 'STATE_DIRECTORY', own],
	];
	const user = [`--reuid=${userId}`, `--regid=${userId}`, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
	const allowed = (families ?? unit.one('RestrictAddressFamilies') ?? '').replaceAll(' ', ',');
	const filters = ['--families', allowed, '--namespaces', '--realtime', '--personality'];
	const [, ...execArgs] = (unit.one('ExecStart') ?? '')
		.replace(/\$\{CREDENTIALS_DIRECTORY\}/g, creds)
		.replace(/\$\{STATE_DIRECTORY\}/g, own)
		.split(' ');
	return {
		file: 'bwrap',
		argv: (program, ...args) => [
			...bwrap,
			...['setpriv', ...user, '--no-new-privs', 'python3', '/srv/filtered.py', ...filters, '--', program, ...args],
		],
		execArgs,
		program: '/srv/node',
	};
}

/** Path of the program inside the sandbox. */
export const sandboxedCli = '/srv/program/cli.js';
