import {chmodSync, chownSync, copyFileSync, mkdirSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {cliPath} from './run-cli.js';
import {temporaryFolder} from './temporary-folder.js';

const filtered = fileURLToPath(new URL('restrict-system-calls.py', import.meta.url));
/** In the range that systemd takes for DynamicUser=. */
const userId = 61_999;

/** The values of a unit's settings, the last of each name unless there may be several. */
export interface UnitSettings {
	readonly one: (name: string) => string | undefined;
	readonly all: (name: string) => readonly string[];
}

/** Reads the settings of a unit; comments and sections are left out. */
export function unitSettings(text: string): UnitSettings {
	const pairs = [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value = '']) => [name, value] as const);
	const all = (name: string): readonly string[] => pairs.filter(([key]) => key === name).map(([, value]) => value);
	return {one: name => all(name).at(-1), all};
}

/** Restrictions that stand for themselves: what has them is put in them here, and anything else is a gap of this sandbox. */
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
/** Without capabilities these change nothing for a program that runs as a user of its own. */
const implied =
	/^(?:ProtectClock|ProtectKernelLogs|ProtectKernelModules|RestrictSUIDSGID|SystemCallArchitectures|UMask)$/;

/** A program as a unit runs it, in what the unit asks for: bwrap, setpriv and seccomp do what systemd does. */
export interface SandboxedUnit {
	readonly file: string;
	/** @param args what the program is given */
	readonly argv: (program: string, ...args: string[]) => readonly string[];
	/** The arguments of ExecStart behind the program. */
	readonly execArgs: readonly string[];
	readonly program: string;
}

/**
 * Makes the sandbox of a unit.
 * @param credentials files in the place of those that LoadCredential names
 * @param families other address families than the unit allows
 * @throws for a restriction that this sandbox does not know
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

	// Processes are numbered anew so that they end with bwrap: a change of user makes Linux forget to end them with their parent.
	// Folders that are there on every machine and that nothing of the program needs.
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

/** The program within the sandbox. */
export const sandboxedCli = '/srv/program/cli.js';
