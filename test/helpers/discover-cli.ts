import {spawn} from 'node:child_process';
import {type CliRun, cliEnvironment, cliPath, finished} from './run-cli.js';

/** A user that owns no process of a test. */
export const nobody = 65_534;

/** The fields of one wallet in `discover --json` that tests use. */
export interface FoundWallet {
	readonly name: string;
	readonly status: string;
	readonly pid: number;
	readonly id?: number;
	readonly cmdline: string;
	readonly network?: string;
	readonly login?: string;
	readonly login_user?: string;
	readonly definition?: Readonly<Record<string, unknown>>;
	readonly drift: ReadonlyArray<{readonly field: string; readonly was?: string; readonly is: string}>;
	readonly edit_command?: string;
	readonly add_command?: string;
	readonly notes: readonly string[];
	readonly obstacles: readonly string[];
}

export interface DiscoverRun extends CliRun {
	readonly found: readonly FoundWallet[];
	readonly unreadable: ReadonlyArray<{readonly pid?: number; readonly what: string; readonly needs: string}>;
	/** The entry of one process; other wallets may run on the machine. */
	readonly of: (pid: number) => FoundWallet;
	/** What could not be read of one process. */
	readonly hiddenOf: (pid: number) => ReadonlyArray<{readonly what: string; readonly needs: string}>;
}

/** Runs the built `xmrtop discover --json`, as another user if `uid` is given. */
export async function discoverJson(
	configDir: string,
	args: readonly string[] = [],
	uid?: number,
): Promise<DiscoverRun> {
	const run = await discoverText(configDir, ['--json', ...args], uid);
	const {found, unreadable} = JSON.parse(run.stdout) as Pick<DiscoverRun, 'found' | 'unreadable'>;
	const of = (pid: number): FoundWallet => {
		const one = found.find(wallet => wallet.pid === pid);
		if (!one) {
			throw new Error(`pid ${pid} was not found: ${run.stdout}`);
		}

		return one;
	};
	const hiddenOf = (pid: number) => unreadable.filter(fact => fact.pid === pid).map(({what, needs}) => ({what, needs}));
	return {...run, found, unreadable, of, hiddenOf};
}

/** Runs the built `xmrtop discover`, as another user if `uid` is given. */
export function discoverText(configDir: string, args: readonly string[] = [], uid?: number): Promise<CliRun> {
	const identity = uid === undefined ? {} : {uid, gid: uid};
	const env = cliEnvironment({configDir, env: {HOME: configDir}});
	const child = spawn(process.execPath, [cliPath, 'discover', ...args], {env, stdio: 'pipe', cwd: '/', ...identity});
	child.stdin.end();
	return finished(child);
}
