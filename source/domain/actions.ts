import * as v from 'valibot';
import {compact} from './compact.js';
import type {FleetNode} from './fleet.js';
import {countText, countWithNoun, speedText} from './format.js';
import {InputError} from './input-error.js';
import {listedDaemon} from './past/record-result.js';
import {shortContainer, unitRole} from './process-identity.js';
import {isObject, state as stateSchema} from './schemas.js';
import {type State, states} from './state.js';
import type {ListStore} from './store.js';
import {didYouMean, isCleanText, quoteValue, shellWord} from './text.js';

/** A named command that can be run for a node: a program and its arguments, never a shell command line. */
export interface Action {
	readonly name: string;
	/** The key that selects it on the screen: one printable ASCII character. */
	readonly key?: string;
	/** The states of a node in which it can be run. Default: all. */
	readonly on?: readonly State[];
	/** Present and true if it stops or restarts the node's process. */
	readonly restarts?: true;
	/** Present and true if it uses the whole terminal until it ends. */
	readonly follow?: true;
	/** The program and its arguments, with placeholders such as `{unit}` in the arguments. */
	readonly command: readonly string[];
}

/** How long a restarted node may take to come up, in milliseconds. */
export const restartWaitMs = 120_000;
/** The same for a node that is busy or catches up after the restart, in milliseconds. */
export const longestRestartMs = 900_000;

/** Whether a restarted node may still come up. @param state its last one, if it was checked */
export function isRestartAwaited(state: State | undefined, waitedMs: number): boolean {
	return waitedMs < (state === 'busy' || state === 'degraded' ? longestRestartMs : restartWaitMs);
}

/** Stores actions; `source/adapters` implements it with actions.json. */
export type ActionStore = ListStore<Action>;

/** The placeholders of commands, and what they are replaced with. */
export const placeholders = {
	name: 'name of the node',
	host: 'its host',
	port: 'its RPC port',
	pid: 'its process, while it is seen',
	unit: 'the systemd unit that was made for it',
	container: 'name or short id of its container',
	daemon: 'its daemon, as host:port or https://host:port',
} as const;
export type Placeholder = keyof typeof placeholders;

/** Keys that the list of actions uses for navigation. */
export const reservedActionKeys: readonly string[] = ['g', 'G', 'j', 'k', 'q'];

/** Matches a word in braces. Other braces, such as `{{.State}}` and `{}`, are left as they are. */
const inBraces = /\{([A-Za-z_][\w-]*)\}/g;
const maxArguments = 100;
const maxArgumentLength = 4000;

const nameForm = '1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit';
const keyForm = `one printable ASCII character, but none of ${reservedActionKeys.join(' ')} (keys of the list of actions)`;
const stateForm = `states separated by commas: ${states.join(', ')}`;

const isName = (value: unknown): value is string =>
	typeof value === 'string' && /^[A-Za-z0-9][\w.-]{0,63}$/.test(value);
const isKey = (value: unknown): value is string =>
	typeof value === 'string' && /^[!-~]$/.test(value) && !reservedActionKeys.includes(value);

/**
 * Parses an action from a command line or a file.
 * @param where the beginning of error messages, such as `action "restart"`
 * @throws InputError (`invalid_action`) for the first value that is not allowed
 */
export function parseAction(value: unknown, where: string): Action {
	const refuse = (what: string): InputError => new InputError('invalid_action', `${where}: ${what}`);
	if (!isObject(value)) {
		throw refuse('expected an object with name and command');
	}

	const {name, key, on, restarts, follow, command, ...others} = value;
	const unknown = Object.keys(others)[0];
	if (unknown !== undefined) {
		throw refuse(`${quoteValue(unknown)} is not a field of an action: name, key, on, restarts, follow, command`);
	}

	if (!isName(name)) {
		throw refuse(`name ${quoteValue(name)} is invalid: expected ${nameForm}`);
	}

	if (key !== undefined && !isKey(key)) {
		throw refuse(`key ${quoteValue(key)} is invalid: expected ${keyForm}`);
	}

	const statesOn = v.safeParse(v.pipe(v.array(stateSchema), v.nonEmpty()), on);
	if (on !== undefined && !statesOn.success) {
		throw refuse(`on ${quoteValue(Array.isArray(on) ? on.join(',') : on)} is invalid: expected ${stateForm}`);
	}

	const flag = [restarts, follow].find(given => given !== undefined && typeof given !== 'boolean');
	if (flag !== undefined) {
		throw refuse(`${quoteValue(flag)} is invalid: expected true or false for restarts and follow`);
	}

	return compact({
		name,
		key,
		on: statesOn.success ? [...new Set(statesOn.output)] : undefined,
		restarts: restarts === true ? (true as const) : undefined,
		follow: follow === true ? (true as const) : undefined,
		command: parseCommand(command, refuse),
	});
}

function parseCommand(value: unknown, refuse: (what: string) => InputError): readonly string[] {
	if (!Array.isArray(value) || value.length === 0 || !value.every(word => typeof word === 'string')) {
		throw refuse('command is missing: a program and its arguments');
	}

	const command: readonly string[] = value;
	if (command.length > maxArguments || command.some(word => word.length > maxArgumentLength)) {
		throw refuse(`the command is too long: at most ${maxArguments} arguments of ${maxArgumentLength} characters`);
	}

	const odd = command.find(word => !isCleanText(word));
	if (odd !== undefined) {
		throw refuse(`argument ${quoteValue(odd)} contains a line break, or a control or invisible character`);
	}

	for (const [, word = ''] of command.join('\n').matchAll(inBraces)) {
		if (!Object.hasOwn(placeholders, word)) {
			const known = Object.keys(placeholders);
			const meant = didYouMean(word, known, each => `{${each}}`);
			throw refuse(`{${word}} is not a placeholder: ${known.map(each => `{${each}}`).join(', ')}${meant}`);
		}
	}

	const [program = ''] = command;
	if (program === '' || hasPlaceholder(program)) {
		throw refuse(`the program ${quoteValue(program)} is invalid: expected a fixed name or path`);
	}

	const script = command.find((_, index) => isScriptWithPlaceholder(command, index));
	if (script !== undefined) {
		throw refuse(
			`a placeholder in the script ${quoteValue(script)} would be run as code: use "$1" there, and put the placeholder in an argument behind it, as in: sh -c 'echo "$1"' sh {name}`,
		);
	}

	return command;
}

const hasPlaceholder = (word: string): boolean => word.search(inBraces) !== -1;
const shells = /(?:^|\/)(?:ba|da|a|z|k|mk|c|tc|fi)?sh$/;

/**
 * Whether an argument with a placeholder is a shell script, as in `sh -c 'kill {pid}'`, where the value would be run as
 * code.
 */
function isScriptWithPlaceholder(command: readonly string[], index: number): boolean {
	const before = command.slice(0, index);
	return (
		hasPlaceholder(command[index] ?? '') &&
		/^-[A-Za-z]*c$/.test(before.at(-1) ?? '') &&
		before.some(word => shells.test(word))
	);
}

/**
 * Adds an action.
 * @throws InputError (`invalid_action`) if another action has its name or key
 */
export function withAction(actions: readonly Action[], action: Action, where: string): readonly Action[] {
	const taken = actions.find(({name, key}) => name === action.name || (key !== undefined && key === action.key));
	if (taken) {
		const what = taken.name === action.name ? `name ${action.name}` : `key ${action.key}`;
		throw new InputError('invalid_action', `${where}: ${what} is already used by the action ${taken.name}`);
	}

	return [...actions, action];
}

/** The value of a placeholder, or why there is none, as the end of `{unit} is not known: `. */
export type PlaceholderValue = {readonly value: string} | {readonly missing: string};
export type PlaceholderValues = Readonly<Record<Placeholder, PlaceholderValue>>;

/** A node with its state and last result. */
export type ActionNode = Pick<FleetNode, 'node' | 'nodeState' | 'result'>;

/**
 * The values of the placeholders for a node: the process in its last result, and the unit and container in which it was
 * last seen.
 */
export function placeholderValues({node, nodeState, result}: ActionNode): PlaceholderValues {
	const details = result?.details;
	const seen =
		details?.method === 'full'
			? details.checks.pid.status
				? details.checks.pid.details
				: undefined
			: details && 'pid' in details && details.pid !== undefined && (details.method !== 'pid' || result?.status)
				? details
				: undefined;
	const {unit, container} = seen ?? nodeState.process ?? {};
	const daemon = listedDaemon(node, nodeState);
	return {
		name: {value: node.name},
		host: {value: node.host},
		port: {value: String(node.port)},
		pid: seen?.pid === undefined ? {missing: 'its process is not seen'} : {value: String(seen.pid)},
		unit: unitValue(unit),
		container:
			container === undefined
				? {missing: 'its process was not seen in a container'}
				: {value: shortContainer(container)},
		daemon: daemon === undefined ? {missing: 'it has no daemon'} : {value: daemon},
	};
}

/** A unit that does not belong to the wallet, such as that of the ssh server, must not be restarted. */
function unitValue(unit: string | undefined): PlaceholderValue {
	if (unit === undefined) {
		return {missing: 'its process was not seen in a systemd unit'};
	}

	return unitRole(unit) === 'own'
		? {value: unit}
		: {missing: `its process runs in ${unit}, which is not a unit of its own`};
}

/** The arguments of a command with placeholders replaced, or why it cannot be run for this node. */
export type ExpandedCommand = {readonly argv: readonly string[]} | {readonly problem: string};

/**
 * Replaces the placeholders of a command. A value stays within its argument, whatever it contains, and cannot become an
 * option: a value that starts with a dash may begin an argument only after `--`.
 */
export function expandCommand(command: readonly string[], values: PlaceholderValues): ExpandedCommand {
	const argv: string[] = [];
	for (const [index, word] of command.entries()) {
		let problem: string | undefined;
		const expanded = word.replace(inBraces, (_, name: Placeholder) => {
			const known = values[name];
			const text = 'value' in known ? known.value : '';
			problem ??= 'missing' in known ? `{${name}} is not known: ${known.missing}` : oddValueText(name, text);
			return text;
		});
		if (problem === undefined && expanded.startsWith('-') && !word.startsWith('-') && !isOperand(command, index)) {
			problem = `${quoteValue(expanded)} would be taken for an option: put -- in front of ${word} where the program allows it`;
		}

		if (problem !== undefined) {
			return {problem};
		}

		argv.push(expanded);
	}

	return {argv};
}

/**
 * Whether an argument follows `--` with only placeholders between. In `sudo -- systemctl {unit}` the `--` belongs to sudo.
 */
function isOperand(command: readonly string[], index: number): boolean {
	const end = command.lastIndexOf('--', index - 1);
	return index > 0 && end !== -1 && command.slice(end + 1, index).every(hasPlaceholder);
}

function oddValueText(name: Placeholder, value: string): string | undefined {
	return value === '' || !isCleanText(value)
		? `{${name}} is ${quoteValue(value)}, which is empty or contains a line break, or a control or invisible character`
		: undefined;
}

/** A command as text that can be pasted into a shell. */
export function commandText(argv: readonly string[]): string {
	return argv.map(shellWord).join(' ');
}

/** Why an action cannot be run for a node in this state; `undefined` if it can. */
export function stateRefusal({name, on}: Action, state: State): string | undefined {
	return on === undefined || on.includes(state)
		? undefined
		: `${name} is for nodes that are ${on.join(' or ')}; this one is ${state}`;
}

/**
 * Whether the node must be checked right before the action runs, because a pid may have been reused, or a restart would
 * lose progress.
 */
export function needsFreshCheck({restarts, command}: Action): boolean {
	return restarts === true || command.some(word => word.includes('{pid}'));
}

/** CPU usage, in cores, from which a process counts as working. */
const workingCores = 0.05;

/**
 * What a restart would lose: the progress of the wallet, and its speed.
 * @param maxLag the number of blocks a wallet may be behind without counting as catching up
 * @returns such as `scanning at 2,911,004, 61 blocks/s; a kill loses what is not saved`; `undefined` if nothing would be
 * lost
 */
export function restartLoss({result, nodeState}: ActionNode, maxLag: number): string | undefined {
	const details = result?.details;
	if (details?.method !== 'api' && details?.method !== 'full') {
		return undefined;
	}

	const {state, scanning, wallet_lag: lag = 0, catch_up_blocks_per_s: speed, stalled, cpu_cores: cores = 0} = details;
	const isCatchingUp = state === 'degraded' && stalled !== true && (speed !== undefined || lag > maxLag);
	// A process that is `down` because `busy_max` has passed may still be working.
	const isWorking = state === 'busy' || (state === 'down' && cores >= workingCores);
	if (!isCatchingUp && !isWorking && !scanning) {
		return undefined;
	}

	const isScanning = isCatchingUp || scanning === true || speed !== undefined;
	const last = isScanning ? nodeState.last_sync : undefined;
	const height = details.wallet_height ?? last?.wallet_height ?? (isScanning ? nodeState.wallet_height : undefined);
	const parts = [
		...(height === undefined ? [] : [`at ${countText(height)}`]),
		...(speed === undefined ? [] : [speedText(speed)]),
		...(speed === undefined && lag > 0 ? [`${countWithNoun(lag, 'block')} behind`] : []),
	];
	const what = isScanning ? 'scanning' : 'busy';
	const progress = parts.length > 0 ? ` ${parts.join(', ')}` : ` (${details.reason ?? details.message})`;
	return `${what}${progress}; a kill loses what is not saved`;
}
