import {checkFleet} from '../../application/checker.js';
import {requireNamed, requireNode} from '../../application/selection.js';
import {
	type Action,
	type ActionNode,
	commandText,
	expandCommand,
	needsFreshCheck,
	parseAction,
	placeholderValues,
	restartLoss,
	restartWaitMs,
	stateRefusal,
	withAction,
} from '../../domain/actions.js';
import type {SilenceStore} from '../../domain/alerts/silences.js';
import {schemaVersion} from '../../domain/check-method.js';
import type {FleetNode} from '../../domain/fleet.js';
import {InputError} from '../../domain/input-error.js';
import type {Node} from '../../domain/node/node.js';
import {quoteValue} from '../../domain/text.js';
import type {Invocation, RunCommand, ScreenActions} from '../command.js';
import {writeJson, writeNote} from '../output.js';
import {alignColumns} from '../reports/text-table.js';
import {resolveRunSettings} from '../run-settings.js';
import {openCommandSession} from '../session.js';
import {runRestart, whileSilenced} from './silence.js';

const add: RunCommand = async ({input, flags, surroundings}) => {
	const [name = '', ...command] = input;
	const where = `action ${quoteValue(name)}`;
	const given = {
		name,
		key: flags.text('key'),
		on: flags.text('on')?.split(','),
		restarts: flags.isOn('restarts'),
		follow: flags.isOn('follow'),
		command,
	};
	const action = parseAction(given, where);
	const store = await surroundings.openActionStore(flags);
	await store.update(before => withAction(before, action, where));
	if (flags.isOn('json')) {
		writeJson(surroundings.stdout, {schema_version: schemaVersion, actions: [action]});
	} else {
		writeNote(surroundings.stderr, `added the action ${name}: ${commandText(command)}`, Number.POSITIVE_INFINITY);
	}

	return 0;
};

const list: RunCommand = async ({flags, surroundings}) => {
	const {stdout, stderr} = surroundings;
	const actions = (await surroundings.openActionStore(flags)).read();
	if (flags.isOn('json')) {
		writeJson(stdout, {schema_version: schemaVersion, actions});
	} else if (actions.length === 0) {
		writeNote(stderr, 'there are no actions; to see some: xmrtop actions suggest');
	} else {
		const rows = actions.map(({name, key = '', on, restarts, follow, command}) => [
			name,
			key,
			on?.join(',') ?? 'all',
			[...(restarts ? ['restarts'] : []), ...(follow ? ['follow'] : [])].join(', '),
			commandText(command),
		]);
		stdout.write(alignColumns([['NAME', 'KEY', 'ON', 'KIND', 'COMMAND'], ...rows], rows.length));
	}

	return 0;
};

/** Asks for confirmation on a terminal. */
const remove: RunCommand = async ({input, flags, surroundings}) => {
	const {stdin, stdout, stderr} = surroundings;
	const store = await surroundings.openActionStore(flags);
	const named = (actions: readonly Action[]): readonly Action[] => [
		...new Set(input.map(name => requireNamed('action', actions, name, store.path))),
	];
	let removed = named(store.read());
	const isDryRun = flags.isOn('dry-run') === true;
	const names = `the action${removed.length === 1 ? '' : 's'} ${removed.map(({name}) => name).join(', ')}`;
	if (!isDryRun && flags.isOn('yes') !== true && stdin.isTTY && stderr.isTTY) {
		if (!(await surroundings.confirm(`remove ${names}? [y/N] `))) {
			writeNote(stderr, 'nothing was removed');
			return 1;
		}
	}

	if (!isDryRun) {
		await store.update(before => {
			removed = named(before);
			return before.filter(action => !removed.includes(action));
		});
	}

	if (flags.isOn('json')) {
		writeJson(stdout, {schema_version: schemaVersion, actions: removed});
	} else {
		writeNote(stderr, `${isDryRun ? 'would remove' : 'removed'} ${names}`);
	}

	return 0;
};

/** Prints commands that add useful actions; adds nothing itself. */
const suggest: RunCommand = async ({flags, surroundings}) => {
	const {stdout, stderr} = surroundings;
	const {nodeStore, resultStore} = surroundings.openStores(flags);
	const states = resultStore.read();
	const nodes = nodeStore.read().nodes.map(({id}) => ({nodeState: states.get(id) ?? {}}));
	const actions = suggestedActions((await surroundings.openActionStore(flags)).read(), nodes);
	if (flags.isOn('json')) {
		writeJson(stdout, {schema_version: schemaVersion, actions});
	} else if (actions.length === 0) {
		writeNote(stderr, 'nothing to suggest: there are such actions already');
	} else {
		stdout.write(actions.map(action => `${addCommand(action)}\n`).join(''));
	}

	return 0;
};

/** The command that adds an action. */
function addCommand({name, key, on, restarts, follow, command}: Action): string {
	return commandText([
		...['xmrtop', 'actions', 'add', name],
		...(key === undefined ? [] : ['--key', key]),
		...(on === undefined ? [] : ['--on', on.join(',')]),
		...(restarts ? ['--restarts'] : []),
		...(follow ? ['--follow'] : []),
		...['--', ...command],
	]);
}

/** The states in which a restart may help. A restart that would lose progress is refused separately. */
const failing = ['degraded', 'busy', 'down'] as const;
const restarting = {on: failing, restarts: true} as const;
const following = {follow: true} as const;

/**
 * Suggests log and restart actions for the supervisors of the nodes: systemd, systemd user units, container engines.
 * @param existing actions whose names and keys are already taken
 */
function suggestedActions(
	existing: readonly Action[],
	nodes: readonly Pick<FleetNode, 'nodeState'>[],
): readonly Action[] {
	const seen = nodes.flatMap(({nodeState}) => nodeState.process ?? []);
	const isOfUser = seen.some(({unit, unit_uid: uid}) => unit !== undefined && uid !== undefined);
	const isOfSystem = seen.some(({unit, unit_uid: uid}) => unit !== undefined && uid === undefined);
	const engines = ['docker', 'podman', 'nerdctl'].filter(name =>
		seen.some(({container_engine: engine}) => engine === name),
	);
	const isAnySeen = isOfUser || isOfSystem || engines.length > 0;
	const units: readonly Action[] = [
		{name: 'logs', key: 'l', ...following, command: ['journalctl', '-fu', '{unit}']},
		{name: 'restart', key: 'r', ...restarting, command: ['systemctl', 'restart', '{unit}']},
	];
	const userUnits: readonly Action[] = [
		{name: 'user-logs', key: 'u', ...following, command: ['journalctl', '--user', '-fu', '{unit}']},
		{name: 'user-restart', key: 'U', ...restarting, command: ['systemctl', '--user', 'restart', '{unit}']},
	];
	const containers = (isAnySeen ? engines : ['docker']).flatMap((engine, index): Action[] => [
		{
			name: `${engine}-logs`,
			...(index === 0 ? {key: 'L'} : {}),
			...following,
			command: [engine, 'logs', '-f', '{container}'],
		},
		{
			name: `${engine}-restart`,
			...(index === 0 ? {key: 'R'} : {}),
			...restarting,
			command: [engine, 'restart', '{container}'],
		},
	]);
	const suggested = [...(isOfSystem || !isAnySeen ? units : []), ...(isOfUser ? userUnits : []), ...containers];
	return suggested
		.filter(({name}) => existing.every(action => action.name !== name))
		.map(action => {
			const {key: _, ...keyless} = action;
			return existing.some(({key}) => key === action.key) ? keyless : action;
		});
}

/** Runs an action for a node. Exits with the exit code of the action's command. */
export const runAction: RunCommand = async invocation => {
	const {input, flags, surroundings} = invocation;
	const [actionName = '', nodeName = ''] = input;
	const store = await surroundings.openActionStore(flags);
	const action = requireNamed('action', store.read(), actionName, store.path);
	const {nodeStore, resultStore} = surroundings.openStores(flags);
	const file = nodeStore.read();
	const node = requireNode(file.nodes, nodeName, nodeStore.path);
	const known: ActionNode = {node, nodeState: resultStore.read().get(node.id) ?? {}};
	const isEnough =
		!needsFreshCheck(action) && !action.on && 'argv' in expandCommand(action.command, placeholderValues(known));
	const seen = isEnough ? known : await checkNow(invocation, node);
	const expanded = expandCommand(action.command, placeholderValues(seen));
	if ('problem' in expanded) {
		throw refusal(`${action.name} cannot be run for ${node.name}: ${expanded.problem}`);
	}

	const {argv} = expanded;
	if (flags.isOn('dry-run')) {
		if (flags.isOn('json')) {
			writeJson(surroundings.stdout, {
				schema_version: schemaVersion,
				action: action.name,
				node: node.name,
				command: argv,
			});
		} else {
			surroundings.stdout.write(`${commandText(argv)}\n`);
		}

		return 0;
	}

	const {max_wallet_lag: maxLag} = resolveRunSettings(file, flags, nodeStore.path);
	await refuseHarmfulAction(invocation, action, seen, maxLag);
	if (!action.restarts) {
		const {exitCode, failure} = await surroundings.runChild(argv);
		if (exitCode === 126 || exitCode === 127) {
			writeNote(surroundings.stderr, failure && `${quoteValue(argv[0])} failed: ${failure}`);
		}

		return exitCode;
	}

	const {end, isUp} = await runRestart(invocation, node, argv);
	return end.exitCode === 0 ? Number(!isUp) : end.exitCode;
};

const refusal = (message: string): InputError => new InputError('action_refused', message);

/**
 * Refuses an action in a state it is not meant for, or whose restart would lose progress. `--force` overrides both; on a terminal,
 * typing the node's name confirms the loss of progress.
 * @throws InputError (`action_refused`)
 */
async function refuseHarmfulAction(
	{flags, surroundings}: Invocation,
	action: Action,
	seen: ActionNode,
	maxLag: number,
) {
	const {stdin, stderr} = surroundings;
	if (flags.isOn('force') === true) {
		return;
	}

	const {name} = seen.node;
	const wrongState = seen.result && stateRefusal(action, seen.result.details.state);
	if (wrongState !== undefined) {
		throw refusal(`${name}: ${wrongState}; --force runs it all the same`);
	}

	const loss = action.restarts && restartLoss(seen, maxLag);
	if (!loss) {
		return;
	}

	const why = `${action.name} refused: ${name} is ${loss}`;
	if (!stdin.isTTY || !stderr.isTTY) {
		throw refusal(`${why}; --force runs it all the same`);
	}

	writeNote(stderr, why);
	if ((await surroundings.ask(`type ${name} to run it all the same: `)) !== name) {
		throw refusal('nothing was run');
	}
}

/** Runs a `full` check of a node and saves the result. */
async function checkNow(invocation: Invocation, {id, name}: Node): Promise<ActionNode> {
	const {flags, surroundings} = invocation;
	const session = openCommandSession(
		{input: [name], flags, surroundings},
		{saving: 'atClose', onSaveProblem: problem => writeNote(surroundings.stderr, problem)},
	);
	const {file, nodes, ports, recorder} = session;
	try {
		const {nodes: checked} = await checkFleet({...session, fleet: file.nodes, nodes, method: 'full'});
		const [seen] = checked;
		return seen ?? {node: nodes[0] as Node, nodeState: recorder.recall(id)};
	} finally {
		await recorder.close();
		ports.close();
	}
}

/** Opens what the live table needs to run actions. */
export async function openScreenActions(
	{flags, surroundings}: Invocation,
	silenceStore: SilenceStore,
	maxLag: number,
): Promise<ScreenActions> {
	const store = await surroundings.openActionStore(flags);
	const {nowMs} = surroundings;
	return {
		read: store.read,
		suggest: nodes => suggestedActions(store.read(), nodes),
		add: async action => {
			const where = `action ${action.name}`;
			await store.update(before => withAction(before, parseAction(action, where), where));
		},
		run: surroundings.runChild,
		whileSilenced: (node, command, work, say) =>
			whileSilenced(
				{
					silenceStore,
					nowMs,
					say: problem => problem !== undefined && say(problem),
					node,
					command,
					withinMs: restartWaitMs,
				},
				work,
			),
		maxLag,
	};
}

/** The commands that begin with `actions`. */
export const actionsCommands = {add, list, remove, suggest} as const;
