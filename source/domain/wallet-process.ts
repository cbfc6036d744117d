/** What the command line and the configuration file of a process say about the wallet it may be. */
import {parsePort} from './daemon-address.js';
import {readWalletOptions, type WalletOptions} from './discovery/wallet-options.js';

/** The program's name, as a file. */
export const walletProgram = 'monero-wallet-rpc';

/** What is known of a process's program. */
export interface ProgramFacts {
	readonly argv: readonly string[];
	/** Path of the executable, when it can be read. */
	readonly executable?: string;
}

/** Whether `argv[0]` or the executable is `monero-wallet-rpc`. */
export function isWalletProgram({argv, executable}: ProgramFacts): boolean {
	return [argv[0], executable].some(
		path => path !== undefined && /^monero-wallet-rpc(?:\.exe)?$/i.test(baseName(path)),
	);
}

/** The name a person knows the program by: of its executable, else of its title up to the first space. */
export function programName({argv, executable}: ProgramFacts): string | undefined {
	const name = executable === undefined ? (argv[0] ?? '').trim().split(/:?\s/)[0] : executable;
	return name === undefined || name === '' ? undefined : baseName(name);
}

function baseName(path: string): string {
	return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** The port of `--rpc-bind-port`, or `undefined` when the command line does not name one. */
export function rpcBindPortOf(argv: readonly string[]): number | undefined {
	return portOf(readWalletOptions(argv));
}

/** The path of `--config-file` as given, relative to the process's folder. */
export function configFileOf(argv: readonly string[]): string | undefined {
	return readWalletOptions(argv).value('config-file');
}

/** The `rpc-bind-port` of a configuration file's text, or `undefined` when it names none. */
export function rpcBindPortInConfig(text: string): number | undefined {
	return portOf(readWalletOptions([], text));
}

/** The port that options name, or `undefined` when they name none. */
export function portOf(options: WalletOptions): number | undefined {
	return parsePort((options.value('rpc-bind-port') ?? '').trim());
}

/** Reads a process id: 1 to 2^31 - 1. @returns `undefined` for anything else */
export function parsePid(text: string): number | undefined {
	const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
	return pid >= 1 && pid < 2 ** 31 ? pid : undefined;
}
