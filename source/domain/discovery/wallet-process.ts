import {compact} from '../compact.js';
import {parseHost, parsePort} from '../daemon-address.js';
import type {PublishedPort} from '../ports.js';
import {completeWalletOption, parseWalletOptions, type WalletOptions} from './wallet-options.js';

/** Recognizes wallets, daemons and relays by their command line and configuration file. */

/** The file name of the program. */
export const walletProgram = 'monero-wallet-rpc';

/** Facts about the program of a process. */
export interface ProgramFacts {
	readonly argv: readonly string[];
	/** The path of the executable, if it can be read. */
	readonly executable?: string;
}

/** Whether a program is `monero-wallet-rpc` by its name, including versioned, wrapped and loader-started ones. */
export function isWalletProgram(program: ProgramFacts): boolean {
	return walletByName(program) !== undefined;
}

/** Whether a program is `monerod` of any version, by its name or that of its executable. */
export function isDaemonProgram({argv, executable}: ProgramFacts): boolean {
	return [argv[0], executable, loadedArgv(compact({argv, executable}))?.[0]].some(
		path => path !== undefined && /^\.?monerod(?:[-_.+~@][\w.+~@-]*)?$/i.test(baseName(path)),
	);
}

/**
 * The command line of a wallet, starting with its program, without a loader. A program with another name is a wallet if it
 * has the options that every wallet needs to start.
 * @returns `undefined` if the program is not a wallet
 */
export function walletArgv(program: ProgramFacts): readonly string[] | undefined {
	return walletByName(program) ?? (isStartedAsWallet(program.argv) ? program.argv : undefined);
}

/**
 * Whether a program was started with the options that every wallet needs to start, whatever its name. Such a program is a
 * wallet if it owns the socket of a node. The arguments of a shell, of ssh or of an editor do not begin with an option of
 * the wallet.
 * @param options its options, including those of its configuration file if known
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

/** Words that may follow the program's name in a file name: a version, a build, a system. */
const suffixWord =
	/^(?:v?\d+[a-z]?\d*|rc\d*|alpha|beta|[\da-f]{7,40}|old|new|prev|previous|bak|backup|orig|real|bin|unwrapped|wrapped|release|stable|static|debug|testing|latest|current|next|linux|gnu|musl|mac|macos|darwin|freebsd|win|win64|windows|x64|x86|amd64|i686|armv?\d*|arm64|aarch64|riscv64|unknown|pc|appimage|exe)$/;

/** A file name with an unknown suffix (`-hot`) is accepted if the options are those of a wallet (an exporter has others). */
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

/** Programs that run another program in their own process: the dynamic loader, CPU emulators, valgrind. */
const loaderName =
	/^(?:ld(?:64|-linux[\w.-]*|-musl-\w+|-\d[\d.]*)?\.so(?:\.\d+)?|qemu-[a-z][\w-]*|box(?:64|86)|FEX(?:Interpreter|Loader)?|rosetta|valgrind(?:\.bin)?|(?:memcheck|massif|callgrind)-\w+-linux)$/;

/** Options of loaders without a value; all others are assumed to have one. */
const loaderSwitch = /^(?:--(?:inhibit-cache|list|verify)|-(?:strace|singlestep))$/;

/** The command line of the program that a loader runs, if there is a loader. */
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

/** The name of the loader that started a wallet, as a list of one; else empty. */
export function loaderPrefix(program: ProgramFacts): readonly string[] {
	const [title = ''] = program.argv;
	const isLoaded =
		walletArgv(program) !== undefined && loadedArgv(program) !== undefined && loaderName.test(baseName(title));
	return isLoaded ? [baseName(title)] : [];
}

/** The usual name of a program: that of its executable, else its process title up to the first space. */
export function programName({argv, executable}: ProgramFacts): string | undefined {
	const [title = ''] = argv;
	// The name of a kernel thread may contain a slash.
	if (executable === undefined && /^\[.*\]$/.test(title)) {
		return title;
	}

	const name = executable === undefined ? title.trim().split(/:?\s/)[0] : executable;
	return name === undefined || name === '' ? undefined : baseName(name);
}

function baseName(path: string): string {
	return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** The port of `--rpc-bind-port`; `undefined` if the command line has none. */
export function rpcBindPortInArgv(argv: readonly string[]): number | undefined {
	return rpcPortInOptions(parseWalletOptions(argv));
}

/** The path of `--config-file` as given; it may be relative to the process's working folder. */
export function configFileInArgv(argv: readonly string[]): string | undefined {
	return parseWalletOptions(argv).value('config-file');
}

/** The RPC port in the options; `undefined` if there is none. */
export function rpcPortInOptions(options: WalletOptions): number | undefined {
	return parsePort((options.value('rpc-bind-port') ?? '').trim());
}

/** Parses a process id: 1 to 2^31 - 1. @returns `undefined` for anything else */
export function parsePid(text: string): number | undefined {
	const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
	return pid >= 1 && pid < 2 ** 31 ? pid : undefined;
}

/** The address to which a program forwards connections. */
export interface RelayTarget {
	/** An address or a name, as seen in the program's network namespace. */
	readonly host: string;
	readonly port: number;
}

/**
 * The addresses to which a relay forwards connections, according to its command line: docker-proxy, socat and
 * systemd-socket-proxyd. The target of an ssh tunnel is known only at its other end.
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

/** The port of this machine that a docker-proxy publishes, by its command line; `undefined` for other programs. */
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

/** Parses `TCP:host:port,option`, in its various spellings. */
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
