import * as v from 'valibot';
import type {CheckMethod} from './check-method.js';
import type {WorkCounters} from './past/work.js';
import {amount, anyObject, boolean, count, isObject, isoTime, number, state, text} from './schemas.js';
import {states} from './state.js';

/**
 * The facts of a result: one table. The types of results, the JSON Schema, the readers of results.json and of other hosts'
 * documents, and what `full` takes over from its parts follow from it.
 */

/** What a result is of: a method, or a part of a `full` check that is no method. */
export type ResultKind = CheckMethod | 'daemon' | 'wallet';

/** Which results carry the facts of a group. */
export const carriers = {
	/** What every result says. */
	common: ['pid', 'port', 'api', 'full', 'daemon', 'wallet'],
	/** Where the node was asked. */
	url: ['api'],
	/** What `get_version` said. */
	version: ['api', 'full'],
	/** What went wrong, in the words of the system or the server. */
	error: ['port', 'api', 'daemon', 'wallet'],
	http: ['api'],
	address: ['port'],
	/** A running process, remembered to notice restarts and reused pids. */
	process: ['pid', 'api'],
	/** What else is seen of a process. */
	process_look: ['pid'],
	/** The daemon behind the node. Absent facts are not known, or hidden by a restricted port. */
	daemon: ['api', 'full', 'daemon'],
	/** What only the daemon itself is asked for. */
	daemon_look: ['daemon'],
	wallet: ['api', 'full', 'wallet'],
	cause: ['api', 'full'],
	/** A node that does not answer, or not as it should. */
	response: ['api', 'full'],
	/** The process behind a node, besides its identity. */
	restarts: ['api', 'full'],
	/** What the process of a node uses. */
	usage: ['pid', 'api', 'full'],
	/** The wallet's own connection to a daemon. */
	link: ['api', 'full'],
	diagnosis: ['full'],
} as const satisfies Readonly<Record<string, readonly ResultKind[]>>;

/** A group of facts. */
export type FactGroup = keyof typeof carriers;

/** A kind of value. */
interface Kind<T> {
	/** Whether a value is one. More is taken than this version promises: another may know more words or round otherwise. */
	readonly fits: (value: unknown) => value is T;
	/** What this version promises, in the words of JSON Schema; absent where nothing is promised. */
	readonly json?: object;
	readonly unit?: 'ms' | 's' | 'blocks' | 'blocks/s' | 'bytes/s' | 'bytes' | 'cores';
}

/** @param json what this version promises, in the words of JSON Schema; absent where nothing is promised */
const kind = <T>(schema: v.GenericSchema<unknown, T>, json?: object, unit?: Kind<T>['unit']): Kind<T> => ({
	// The published types must not need those of valibot, so the schema itself stays in here.
	fits: (value): value is T => v.is(schema, value),
	...(json && {json}),
	...(unit && {unit}),
});

const anyText = kind(text, {type: 'string'});
const flag = kind(boolean, {type: 'boolean'});
/** ISO-8601 UTC. */
const time = kind(isoTime, {type: 'string', format: 'date-time', description: 'ISO-8601 UTC'});
const milliseconds = kind(amount, {type: 'number', minimum: 0, description: 'milliseconds'}, 'ms');
const seconds = kind(amount, {type: 'integer', minimum: 0}, 's');
const speed = kind(amount, {type: 'number', exclusiveMinimum: 0}, 'blocks/s');
const blocks = kind(count, {type: 'integer', minimum: 0}, 'blocks');
const wholeNumber = (minimum: number) => kind(count, {type: 'integer', minimum});
const words = <const W extends string>(known: readonly W[]) =>
	kind(
		v.custom<W>(value => typeof value === 'string'),
		{enum: known},
	);

/**
 * A wallet's connection to a daemon. `connecting`: it tries to connect. `closed`: its peer has closed the connection, and the wallet
 * has not taken note of it yet. `other`: it goes to another daemon than configured. `none`: there is none.
 */
export const linkStates = ['connected', 'retransmitting', 'connecting', 'closed', 'other', 'none'] as const;

/** A word of {@link linkStates}. */
export type LinkState = (typeof linkStates)[number];

/** What a process has used, and when that last showed that it works. */
export interface WorkFacts extends WorkCounters {
	/** ISO-8601 UTC; absent when they never did since the node last answered. */
	readonly worked_at?: string;
}

const work = kind(v.custom<WorkFacts>(isObject), {
	type: 'object',
	description: 'resources used since its start by the process of a node that does not respond',
	required: ['cpu_ms'],
	properties: {
		cpu_ms: milliseconds.json,
		context_switches: {type: 'integer', minimum: 0, description: 'voluntary context switches of all threads'},
		disk_read_bytes: {type: 'integer', minimum: 0},
		major_faults: {type: 'integer', minimum: 0},
		throttled: {
			type: 'integer',
			minimum: 0,
			description: 'periods in which the process was throttled by its CPU limit',
		},
		worked_at: {...time.json, description: 'when the process was last seen working'},
	},
});

/** The steps a `full` check climbs. */
export const stepNames = ['name', 'tcp', 'tls', 'http', 'login', 'json_rpc', 'version', 'wallet', 'daemon'] as const;
const stepStates = ['passed', 'broken', 'not_reached'] as const;

/** One step of a `full` check. Steps that do not apply (no TLS, no daemon configured) are left out. */
export interface ConnectionStep {
	readonly rung: (typeof stepNames)[number];
	readonly state: (typeof stepStates)[number];
	/** What broke, or why it was not reached. */
	readonly reason?: string;
}

const rungs = kind<readonly ConnectionStep[]>(
	v.array(v.looseObject({rung: v.picklist(stepNames), state: v.picklist(stepStates), reason: v.exactOptional(text)})),
	{
		type: 'array',
		items: {
			type: 'object',
			required: ['rung', 'state'],
			properties: {rung: {enum: stepNames}, state: {enum: stepStates}, reason: anyText.json},
		},
	},
);

const checks = kind<object>(anyObject, {
	type: 'object',
	required: ['pid', 'port', 'api', 'wallet'],
	additionalProperties: {
		type: 'object',
		required: ['status', 'details'],
		properties: {status: {type: 'boolean'}, details: {type: 'object', required: ['message', 'state']}},
	},
});

/** What a `full` check found out, in a word each. */
export interface FullSummary {
	readonly pid_alive: boolean;
	readonly port_in_use: boolean;
	readonly api_responding: boolean;
	readonly daemon_reachable?: boolean;
	readonly daemon_synchronized?: boolean;
	readonly wallet_open?: boolean;
}

const summary = kind(v.custom<FullSummary>(isObject), {
	type: 'object',
	required: ['pid_alive', 'port_in_use', 'api_responding'],
	additionalProperties: {type: 'boolean'},
});

/** One row of the table. */
interface Fact<G extends FactGroup, T, R extends boolean> extends Kind<T> {
	readonly group: G;
	/** Whether every result that carries it has it. */
	readonly required: R;
}

/** A fact that may be absent. @param description what the JSON Schema says of it, where its name does not say it all */
function fact<G extends FactGroup, T>(group: G, kind: Kind<T>, description?: string): Fact<G, T, false> {
	const json = description === undefined ? kind.json : {...kind.json, description};
	return {...kind, group, required: false, ...(json && {json})};
}

const required = <G extends FactGroup, T>(group: G, kind: Kind<T>): Fact<G, T, true> => ({
	...kind,
	group,
	required: true,
});

/** Every fact, in the order of the JSON Schema. Field names are those of the JSON documents. */
export const facts = {
	/** One of the contract's exact texts for this method. */
	message: required('common', anyText),
	/** One sentence in plain words: what a person should read. Absent only when the state is `up`. */
	reason: fact('common', anyText),
	state: required('common', kind(state, {enum: states})),
	/** The answered exchange where there was an answer, else the time until giving up. */
	latency_ms: required('common', milliseconds),
	last_check: required('common', time),
	url: required('url', anyText),
	/** As answered: major << 16 | minor. */
	version: fact('version', wholeNumber(0)),
	/** `1.25` for 65561. */
	version_text: fact('version', kind(text, {type: 'string', pattern: '^\\d+\\.\\d+$'})),
	/** Whether the program was built from a release tag; false is no fault. */
	release: fact('version', flag),
	/** What went wrong, in the words of the system or the server. */
	error: fact('error', anyText),
	/** HTTP status, when there was an HTTP answer other than 200. */
	status_code: fact('http', kind(count, {type: 'integer'})),
	host: required('address', anyText),
	port: required('address', kind(count, {type: 'integer', minimum: 1, maximum: 65_535})),
	pid: fact('process', wholeNumber(1)),
	/** The command line as far as it is known to hold no secret; of a program that is not a wallet its name and the number of its arguments. */
	cmdline: fact('process', anyText),
	/** Whether it is `monero-wallet-rpc`: by its name, or because it holds the socket of the node and was started as one. */
	is_monero_process: fact('process_look', flag),
	/** Derived from the boot time, so it may move by a second when the clock is set. */
	started_at: fact('process', time),
	/** Linux: field 22 of /proc/PID/stat, in clock ticks since boot. Exact, unlike `started_at`. */
	start_ticks: fact('process', wholeNumber(0), 'Linux: when the process started, in clock ticks since boot'),
	/** The systemd unit the process runs in, from its cgroup. */
	unit: fact('process', anyText),
	/** The user whose own systemd (`systemd --user`) runs that unit or container; absent for the system's. */
	unit_uid: fact('process', wholeNumber(0), 'uid of the user whose own systemd instance runs the unit or container'),
	/** The id or name of the container it runs in, from its cgroup. */
	container: fact('process', anyText),
	/** What runs that container. */
	container_engine: fact('process', words(['docker', 'podman', 'kubernetes', 'nerdctl', 'nspawn', 'lxc'])),
	/** The uid of the Kubernetes pod it runs in, from its cgroup. */
	pod_uid: fact('process', anyText),
	/** The network namespace it runs in, as the kernel names it: `net:[4026531840]`. */
	network_namespace: fact('process_look', anyText),
	/** Resident memory of the node's process. */
	memory_bytes: fact('usage', kind(count, {type: 'integer', minimum: 0}, 'bytes'), 'resident memory of the process'),
	threads: fact('process_look', wholeNumber(1)),
	/** File descriptors the process holds, and how many it may. */
	open_files: fact('process_look', wholeNumber(0)),
	open_files_limit: fact('process_look', wholeNumber(0), 'soft limit of open files of the process'),
	/** The daemon's address as configured, in its short form (`host:port`). */
	daemon: fact('daemon', anyText),
	daemon_reachable: fact('daemon', flag),
	daemon_synchronized: fact('daemon', flag),
	/** Blocks in the daemon's chain (top height + 1); of the bootstrap daemon's while it uses one. */
	daemon_height: fact('daemon', blocks),
	/** Present and true where the node names no daemon: it is the one that its process was started with. */
	daemon_inferred: fact('daemon', flag, 'the daemon was taken from the options of the process'),
	/** Why the node's daemon is not looked at, or not compared, where that is not its fault. */
	daemon_note: fact('daemon', anyText, 'why the daemon is not checked or not compared'),
	/** While it uses a bootstrap daemon: blocks in its own chain. */
	daemon_own_height: fact('daemon', blocks, "height of the daemon's own chain, without its bootstrap daemon"),
	/** While it uses a bootstrap daemon: the address of that one. */
	bootstrap_daemon: fact('daemon', anyText),
	/** Blocks the daemon is behind the highest credible daemon of its chain in the fleet, or its target until it is synchronized. */
	daemon_lag: fact('daemon', blocks),
	/** What is wrong with the daemon, such as `last saw a block 47 m ago`; absent when nothing is. */
	daemon_fault: fact('daemon', anyText),
	/** While the daemon is too far behind and its height rises: how fast. */
	daemon_blocks_per_s: fact('daemon', speed),
	/** Until it has caught up at that speed. */
	daemon_eta_s: fact('daemon', seconds, 'estimated seconds until the daemon is synchronized'),
	/** Present while it is too far behind and its height does not rise: since it last did. */
	daemon_stalled_ms: fact('daemon', milliseconds),
	/** `mainnet`, `stagenet`, `testnet` or `fakechain` (regtest). */
	nettype: fact('daemon', anyText),
	wallet_open: fact('wallet', flag),
	/** Blocks the wallet has scanned (same count as `daemon_height`). */
	wallet_height: fact('wallet', blocks),
	/** Blocks the wallet is behind its daemon, else behind the fleet's of its network; negative when it is ahead. */
	wallet_lag: fact('wallet', kind(number, {type: 'integer'}, 'blocks')),
	/** When its height last fell, in the last hour: a rescan, or another wallet was opened. */
	wallet_fell_at: fact('wallet', time, 'when the wallet height last fell, within the last hour'),
	/** The height before that. */
	wallet_fell_from: fact('wallet', blocks),
	/** The height after it. */
	wallet_fell_to: fact('wallet', blocks),
	/** While it is too far behind and its height rises: how fast. */
	catch_up_blocks_per_s: fact('wallet', speed),
	/** Until it is level with its daemon at that speed. */
	eta_s: fact('wallet', seconds, 'estimated seconds until the wallet has caught up with its daemon'),
	/** Present and true when it is too far behind and its height does not rise. */
	stalled: fact('wallet', flag),
	/** Since its height last rose, or since it was first seen behind. */
	stalled_ms: fact('wallet', milliseconds),
	/** Since the date of the daemon's last block, by the clock that fits it; never negative. Not asked of a regtest chain. */
	block_age_s: fact('daemon', seconds, "seconds since the daemon's last block"),
	/** Processor cores the node's process used between two looks at it. */
	cpu_cores: fact('usage', kind(amount, {type: 'number', minimum: 0}, 'cores'), 'CPU cores used by the process'),
	/** Since the first check that was not answered. */
	silent_ms: fact('response', milliseconds),
	/** What its process had used at `last_check`: what a later check compares with. */
	work: fact('response', work),
	/** When the API last answered, in a result that is not one. Equal to `last_check` when it did this time. */
	last_answer_at: fact('response', time, 'when the API last responded, if status is false'),
	/** When the wallet's height, lag and speed were learned, where that was an earlier check. */
	facts_at: fact(
		'response',
		time,
		'when height, lag and speed of the wallet were measured, if earlier than this check',
	),
	/** Present and true while the wallet reads the chain and responds intermittently. */
	scanning: fact('response', flag, 'the wallet scans the chain and responds intermittently'),
	/** While it ends and is started again and again: how often it was seen to start. */
	crash_loop_starts: fact('response', wholeNumber(2)),
	/** Since the first of these starts. */
	crash_loop_ms: fact('response', milliseconds, 'milliseconds since the first start of the crash loop'),
	/** Present and true while something keeps the process from running: see `stopped_by`. */
	stopped: fact('process_look', flag),
	/** What does: a stop signal, a debugger that traces it, or the freezer of its control group. */
	stopped_by: fact('process_look', words(['signal', 'tracer', 'freezer'])),
	/** The tracer: program and pid, such as `gdb, pid 4711`. */
	tracer: fact('process_look', anyText),
	/** How often the process was seen to have been restarted in the last hour; absent when it was not. */
	restarts: fact('restarts', wholeNumber(1), 'restarts seen in the last hour'),
	/** When the process that runs now began, when it took another one's place in the last hour. */
	restarted_at: fact('restarts', time),
	/** The version before the last change, when that was seen in the last 24 h. */
	version_before: fact('restarts', anyText),
	/** The wallet's connection to a daemon, where its process can be seen. */
	link_state: fact('link', words(linkStates), "the wallet's own connection to a daemon"),
	/** The other side of that connection, in the wallet's own network: `10.0.0.5:18081`. */
	link_peer: fact('link', anyText),
	/** Present when the wallet has been without its daemon for two refreshes: `moved` to another one, or `lost`. */
	link_trouble: fact('link', words(['lost', 'moved']), 'the wallet has lost its daemon, or was moved to another one'),
	/** Since when the connection is seen as it is; no later than that it began. */
	link_since: fact('link', time, 'when this state of the connection was first seen'),
	/** Bytes received and sent over it, since the look before. */
	link_bytes_per_s: fact(
		'link',
		kind(amount, {type: 'number', minimum: 0}, 'bytes/s'),
		"bytes per second over the wallet's connection to its daemon",
	),
	/** Why no process was seen where one was looked for. */
	process_unseen: fact('restarts', anyText),
	/** What a person should know besides the verdict, such as a password file that others can read. */
	notes: fact('diagnosis', kind<readonly string[]>(v.array(text), {type: 'array', items: anyText.json})),
	/** The steps from the name to the daemon, the first broken one and what was not reached after it. */
	rungs: required('diagnosis', rungs),
	/** The daemon that explains the state, when one does. */
	caused_by: fact('cause', anyText),
	/** What most likely broke and the command to try next. Absent when nothing is wrong. */
	hint: fact('diagnosis', anyText),
	/** The same moment as `last_check`. */
	timestamp: required('diagnosis', time),
	checks: required('diagnosis', checks),
	summary: required('diagnosis', summary),
	daemon_version_text: fact('daemon_look', anyText),
	/** Whether it knows of a newer version. Not told by a restricted daemon, nor by one that was told not to look. */
	update_available: fact('daemon_look', flag, 'whether the daemon knows of a newer version'),
	/** When it was started. */
	daemon_started_at: fact('daemon_look', time, 'when the daemon was started'),
	/** The size of its database; a restricted daemon tells the next multiple of 5 GiB. */
	database_bytes: fact('daemon_look', kind(count, {type: 'integer', minimum: 0}, 'bytes'), 'size of its database'),
	/** Free space of the disk that its database is on. */
	free_disk_bytes: fact('daemon_look', kind(count, {type: 'integer', minimum: 0}, 'bytes'), 'free space of its disk'),
	/** Its clock minus the clock here, to about a second. */
	clock_ahead_s: fact('daemon_look', kind(number, {type: 'integer'}, 's'), "the daemon's clock minus the clock here"),
	/** Whether it was spoken to over TLS. */
	tls: fact('daemon_look', flag, 'whether the daemon was asked over TLS'),
	/** `none`: it asked for none. `accepted`; `missing`: it asks for one and none is configured; `refused`. */
	login: fact('daemon_look', words(['none', 'accepted', 'missing', 'refused'])),
	target_height: fact('daemon_look', blocks),
	outgoing_peers: fact('daemon_look', wholeNumber(0)),
	incoming_peers: fact('daemon_look', wholeNumber(0)),
	offline: fact('daemon_look', flag),
	restricted: fact('daemon_look', flag),
	/** Present and true while it takes in many blocks at once. */
	busy_syncing: fact('daemon_look', flag),
};

/** The table's type. */
type Facts = typeof facts;

/** The name of a fact. */
export type FactName = keyof Facts;

type ValueOf<F> = F extends Kind<infer T> ? T : never;

type OptionalFacts<G extends FactGroup> = {
	readonly [N in FactName as Facts[N] extends Fact<G, unknown, false> ? N : never]?: ValueOf<Facts[N]>;
};
type RequiredFacts<G extends FactGroup> = {
	readonly [N in FactName as Facts[N] extends Fact<G, unknown, true> ? N : never]: ValueOf<Facts[N]>;
};

/** The facts of some groups as fields of an object. */
export type FactsOf<G extends FactGroup> = OptionalFacts<G> & RequiredFacts<G>;

/** The facts a result of some kind carries. */
export type FactsCarriedBy<K extends ResultKind> = FactsOf<
	{[G in FactGroup]: K extends (typeof carriers)[G][number] ? G : never}[FactGroup]
>;

const allNames = Object.keys(facts) as FactName[];
const allGroups = Object.keys(carriers) as FactGroup[];

/** The names of all facts of a group. */
export function factNames<G extends FactGroup>(group: G): ReadonlyArray<keyof FactsOf<G>> {
	return allNames.filter(name => facts[name].group === group) as string[] as Array<keyof FactsOf<G>>;
}

/** The names of the facts that an `api` and a `full` check both find out about a node, group by group. */
export const nodeFactNames = allGroups
	.filter(group => group !== 'common' && ['api', 'full'].every(kind => carriesGroup(kind as ResultKind, group)))
	.flatMap(factNames) as ReadonlyArray<
	Exclude<keyof FactsCarriedBy<'api'> & keyof FactsCarriedBy<'full'>, keyof FactsOf<'common'>>
>;

function carriesGroup(kind: ResultKind, group: FactGroup): boolean {
	return (carriers[group] as readonly ResultKind[]).includes(kind);
}

/** Whether results of some kind carry a fact. */
export function isFactCarriedBy(name: FactName, kind: ResultKind): boolean {
	return carriesGroup(kind, facts[name].group);
}

/** The facts that every result of some kind has. */
export function requiredFacts(kind: ResultKind): readonly FactName[] {
	return allNames.filter(name => facts[name].required && isFactCarriedBy(name, kind));
}

/** Whether a value can be the fact of that name. Of a name that is not in the table, any value can. */
export function fitsFact(name: string, value: unknown): boolean {
	return !Object.hasOwn(facts, name) || facts[name as FactName].fits(value);
}
