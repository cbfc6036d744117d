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

/** A command that a person has given a name, to be run for a node: the program and its arguments, never a line for a shell. */
export interface Action {
	readonly name: string;
	/** The key that chooses it on the screen: one printable ASCII character. */
	readonly key?: string;
	/** The states of a node that it is for; absent: all. */
	readonly on?: readonly State[];
	/** Present and true where it ends the node's process, or starts it again. */
	readonly restarts?: true;
	/** Present and true where it has the whole terminal until it ends. */
	readonly follow?: true;
	/** The program and its arguments, with placeholders such as `{unit}` in the arguments. */
	readonly command: readonly string[];
}

/** The actions, as the application sees them. `source/adapters` holds the real ones, in actions.json. */
export type ActionStore = ListStore<Action>;

/** What stands in braces in a command, and what takes its place. */
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

/** Keys that the list of actions uses itself. */
export const reservedActionKeys: readonly string[] = ['g', 'G', 'j', 'k', 'q'];

/** Of a word in braces; other braces, such as those of `{{.State}}` and `{}`, stand for themselves. */
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
 * Reads an action from a command line or a file.
 * @param where what errors begin with, such as `action "restart"`
 * @throws InputError (`invalid_action`) with the first thing that is not allowed
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

/** Whether an argument is the script that a shell is given, as in `sh -c 'kill {pid}'`: there a value would be code. */
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
 * @throws InputError (`invalid_action`) where its name or key is another's
 */
export function withAction(actions: readonly Action[], action: Action, where: string): readonly Action[] {
	const taken = actions.find(({name, key}) => name === action.name || (key !== undefined && key === action.key));
	if (taken) {
		const what = taken.name === action.name ? `name ${action.name}` : `key ${action.key}`;
		throw new InputError('invalid_action', `${where}: ${what} is already used by the action ${taken.name}`);
	}

	return [...actions, action];
}

/** What takes the place of a placeholder, or why nothing does: in words that follow `{unit} is not known: `. */
export type PlaceholderValue = {readonly value: string} | {readonly missing: string};
export type PlaceholderValues = Readonly<Record<Placeholder, PlaceholderValue>>;

/** A node with what is known of it. */
export type ActionNode = Pick<FleetNode, 'node' | 'nodeState' | 'result'>;

/** What the placeholders stand for at a node: its process by its last result, and unit and container where it was last seen. */
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

/** A unit that was not made for the wallet, such as that of the ssh server, is not the one to restart. */
function unitValue(unit: string | undefined): PlaceholderValue {
	if (unit === undefined) {
		return {missing: 'its process was not seen in a systemd unit'};
	}

	return unitRole(unit) === 'own'
		? {value: unit}
		: {missing: `its process runs in ${unit}, which is not a unit of its own`};
}

/** The arguments of a command, ready to run, or why it cannot be run here. */
export type ExpandedCommand = {readonly argv: readonly string[]} | {readonly problem: string};

/**
 * Puts values in the places of the placeholders. A value stays within its argument, whatever it holds, and does not begin an option:
 * one with a dash in front may only begin an argument behind `--`.
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

/** Whether an argument stands behind `--` with nothing but other values between: that of `sudo -- systemctl {unit}` is sudo's. */
function isOperand(command: readonly string[], index: number): boolean {
	const end = command.lastIndexOf('--', index - 1);
	return index > 0 && end !== -1 && command.slice(end + 1, index).every(hasPlaceholder);
}

function oddValueText(name: Placeholder, value: string): string | undefined {
	return value === '' || !isCleanText(value)
		? `{${name}} is ${quoteValue(value)}, which is empty or contains a line break, or a control or invisible character`
		: undefined;
}

/** A command as a person can read it and paste it into a shell. */
export function commandText(argv: readonly string[]): string {
	return argv.map(shellWord).join(' ');
}

/** Why an action is not for a node in some state; `undefined` when it is. */
export function stateRefusal({name, on}: Action, state: State): string | undefined {
	return on === undefined || on.includes(state)
		? undefined
		: `${name} is for nodes that are ${on.join(' or ')}; this one is ${state}`;
}

/** Whether what an action needs has to be looked at right before it runs: a process number is reused, and progress is lost. */
export function needsFreshCheck({restarts, command}: Action): boolean {
	return restarts === true || command.some(word => word.includes('{pid}'));
}

/** At least this share of a core is work. */
const workingCores = 0.05;

/**
 * What a restart would lose: where the wallet is, and how fast it goes on.
 * @param maxLag blocks that a wallet may be behind without having to catch up
 * @returns such as `scanning at 2,911,004, 61 blocks/s; a kill loses what is not saved`; `undefined` when nothing advances
 */
export function restartLoss({result, nodeState}: ActionNode, maxLag: number): string | undefined {
	const details = result?.details;
	if (details?.method !== 'api' && details?.method !== 'full') {
		return undefined;
	}

	const {state, scanning, wallet_lag: lag = 0, catch_up_blocks_per_s: speed, stalled, cpu_cores: cores = 0} = details;
	const isCatchingUp = state === 'degraded' && stalled !== true && (speed !== undefined || lag > maxLag);
	// One whose time is up may still be at work.
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
