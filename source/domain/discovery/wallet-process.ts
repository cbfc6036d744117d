import {compact} from '../compact.js';
import {parseHost, parsePort} from '../daemon-address.js';
import type {PublishedPort} from '../ports.js';
import {completeWalletOption, parseWalletOptions, type WalletOptions} from './wallet-options.js';

/** What the command line and the configuration file of a process say about the wallet it may be. */

/** The program's name, as a file. */
export const walletProgram = 'monero-wallet-rpc';

/** What is known of a process's program. */
export interface ProgramFacts {
	readonly argv: readonly string[];
	/** Path of the executable, when it can be read. */
	readonly executable?: string;
}

/** Whether its name says that a program is `monero-wallet-rpc`: versioned, wrapped and loader-started ones are. */
export function isWalletProgram(program: ProgramFacts): boolean {
	return walletByName(program) !== undefined;
}

/** Whether its name, or that of its executable, says that a program is `monerod`, of whatever version. */
export function isDaemonProgram({argv, executable}: ProgramFacts): boolean {
	return [argv[0], executable, loadedArgv(compact({argv, executable}))?.[0]].some(
		path => path !== undefined && /^\.?monerod(?:[-_.+~@][\w.+~@-]*)?$/i.test(baseName(path)),
	);
}

/**
 * The command line of a wallet, its program first, without a loader that started it. A program of another name is a wallet when it
 * has the options that no wallet starts without.
 * @returns `undefined` when the program is not a wallet
 */
export function walletArgv(program: ProgramFacts): readonly string[] | undefined {
	return walletByName(program) ?? (isStartedAsWallet(program.argv) ? program.argv : undefined);
}

/**
 * Whether a program was started with the options that no wallet starts without, whatever its name: then it is one when it holds the
 * socket of a wallet. The arguments of a shell, of ssh or of an editor do not begin with an option of the wallet.
 * @param options those of its configuration file included, where that is known
 */
export function isStartedAsWallet(argv: readonly string[], options = parseWalletOptions(argv)): boolean {
	return (
		isWalletOption(argv[1] ?? '') &&
		rpcPortInOptions(options) !== undefined &&
		(['wallet-dir', 'wallet-file', 'generate-from-json'] as const).some(name => options.sourceOf(name) !== undefined)
	);
}

function isWalletOption(argument: string): boolean {
	const [, name] = /^--([^=]+)/.exec(argument) ?? [];
	return name !== undefined && completeWalletOption(name) !== undefined;
}

function walletByName({argv, executable}: ProgramFacts): readonly string[] | undefined {
	const [title = '', ...rest] = argv;
	if (isWalletName(title, rest)) {
		return argv;
	}

	if (executable !== undefined && isWalletName(executable, rest)) {
		return [executable, ...rest];
	}

	const loaded = loadedArgv(compact({argv, executable}));
	return loaded && isWalletName(loaded[0] ?? '', loaded.slice(1)) ? loaded : undefined;
}

/** What may follow the name in that of a file: a version, a build, a system. */
const suffixWord =
	/^(?:v?\d+[a-z]?\d*|rc\d*|alpha|beta|[\da-f]{7,40}|old|new|prev|previous|bak|backup|orig|real|bin|unwrapped|wrapped|release|stable|static|debug|testing|latest|current|next|linux|gnu|musl|mac|macos|darwin|freebsd|win|win64|windows|x64|x86|amd64|i686|armv?\d*|arm64|aarch64|riscv64|unknown|pc|appimage|exe)$/;

/** A suffix that says nothing (`-hot`) is believed when the options do (an exporter has others). */
function isWalletName(path: string, rest: readonly string[]): boolean {
	const [, suffix] = /^\.?monero-wallet-rpc(?:[-_.+~@](.+))?$/is.exec(baseName(path)) ?? [];
	return suffix === undefined
		? /^\.?monero-wallet-rpc$/i.test(baseName(path))
		: suffix
				.toLowerCase()
				.split(/[-_.+~@]/)
				.every(word => suffixWord.test(word)) ||
				(/^[\w.+~@-]+$/.test(suffix) && isStartedAsWallet([path, ...rest]));
}

/** Programs that run another one in their own process: the dynamic loader, emulators of other processors, valgrind. */
const loaderName =
	/^(?:ld(?:64|-linux[\w.-]*|-musl-\w+|-\d[\d.]*)?\.so(?:\.\d+)?|qemu-[a-z][\w-]*|box(?:64|86)|FEX(?:Interpreter|Loader)?|rosetta|valgrind(?:\.bin)?|(?:memcheck|massif|callgrind)-\w+-linux)$/;

/** Options of loaders that take no value; the others are taken to have one. */
const loaderSwitch = /^(?:--(?:inhibit-cache|list|verify)|-(?:strace|singlestep))$/;

/** The command line of the program that a loader runs. */
function loadedArgv({argv, executable}: ProgramFacts): readonly string[] | undefined {
	if (![argv[0], executable].some(path => path !== undefined && loaderName.test(baseName(path)))) {
		return undefined;
	}

	let index = 1;
	while (argv[index]?.startsWith('-')) {
		const option = argv[index] ?? '';
		index += option.includes('=') || loaderSwitch.test(option) ? 1 : 2;
	}

	return index < argv.length ? argv.slice(index) : undefined;
}

/** The name of the loader that started a wallet, or nothing. */
export function loaderPrefix(program: ProgramFacts): readonly string[] {
	const [title = ''] = program.argv;
	const isLoaded =
		walletArgv(program) !== undefined && loadedArgv(program) !== undefined && loaderName.test(baseName(title));
	return isLoaded ? [baseName(title)] : [];
}

/** The name a person knows the program by: of its executable, else of its title up to the first space. */
export function programName({argv, executable}: ProgramFacts): string | undefined {
	const [title = ''] = argv;
	// A kernel thread: its name may hold a slash.
	if (executable === undefined && /^\[.*\]$/.test(title)) {
		return title;
	}

	const name = executable === undefined ? title.trim().split(/:?\s/)[0] : executable;
	return name === undefined || name === '' ? undefined : baseName(name);
}

function baseName(path: string): string {
	return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** The port of `--rpc-bind-port`, or `undefined` when the command line does not name one. */
export function rpcBindPortInArgv(argv: readonly string[]): number | undefined {
	return rpcPortInOptions(parseWalletOptions(argv));
}

/** The path of `--config-file` as given, relative to the process's folder. */
export function configFileInArgv(argv: readonly string[]): string | undefined {
	return parseWalletOptions(argv).value('config-file');
}

/** The `rpc-bind-port` of a configuration file's text, or `undefined` when it names none. */
export function rpcBindPortInConfig(text: string): number | undefined {
	return rpcPortInOptions(parseWalletOptions([], text));
}

/** The port that options name, or `undefined` when they name none. */
export function rpcPortInOptions(options: WalletOptions): number | undefined {
	return parsePort((options.value('rpc-bind-port') ?? '').trim());
}

/** Reads a process id: 1 to 2^31 - 1. @returns `undefined` for anything else */
export function parsePid(text: string): number | undefined {
	const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
	return pid >= 1 && pid < 2 ** 31 ? pid : undefined;
}

/** Where a program passes connections on to. */
export interface RelayTarget {
	/** An address or a name, as the program's own network namespace knows it. */
	readonly host: string;
	readonly port: number;
}

/**
 * Where a program that listens passes connections on to, where its command line says so: docker-proxy, socat and
 * systemd-socket-proxyd. Where an ssh tunnel leads is known to the other end only.
 */
export function parseRelayTargets(program: ProgramFacts): readonly RelayTarget[] {
	const args = program.argv.slice(1);
	switch (programName(program)) {
		case 'docker-proxy':
			return targetOf(flagValue(args, 'container-ip'), flagValue(args, 'container-port'));
		case 'socat':
		case 'socat1':
			return args.flatMap(socatTarget);
		case 'systemd-socket-proxyd':
			return args.slice(-1).flatMap(text => hostAndPort(text));
		default:
			return [];
	}
}

/** The port of this machine that a docker-proxy passes on, by its command line; `undefined` for anything else. */
export function parsePublishedPort(program: ProgramFacts): PublishedPort | undefined {
	const args = program.argv.slice(1);
	const [inner] = programName(program) === 'docker-proxy' ? parseRelayTargets(program) : [];
	const [outer] = targetOf(flagValue(args, 'host-ip') || '0.0.0.0', flagValue(args, 'host-port'));
	const isTcp = (flagValue(args, 'proto') ?? 'tcp') === 'tcp';
	return inner && outer && isTcp ? {...outer, innerHost: inner.host, innerPort: inner.port} : undefined;
}

function flagValue(args: readonly string[], name: string): string | undefined {
	const index = args.findIndex(argument => argument.replace(/^--?/, '').split('=')[0] === name);
	const argument = args[index] ?? '';
	return index === -1
		? undefined
		: argument.includes('=')
			? argument.slice(argument.indexOf('=') + 1)
			: args[index + 1];
}

/** `TCP:host:port,option`, in its many spellings. */
function socatTarget(text: string): readonly RelayTarget[] {
	const [, address] = /^(?:tcp|tcp4|tcp6|tcp-connect|tcp4-connect|tcp6-connect):([^,]+)/i.exec(text) ?? [];
	return address === undefined ? [] : hostAndPort(address);
}

function hostAndPort(text: string): readonly RelayTarget[] {
	const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(text) ?? [];
	return targetOf(host, port);
}

function targetOf(hostText: string | undefined, portText: string | undefined): readonly RelayTarget[] {
	const host = parseHost(hostText ?? '');
	const port = parsePort(portText ?? '');
	return host === undefined || port === undefined ? [] : [{host, port}];
}
