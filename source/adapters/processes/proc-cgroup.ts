import type {ProcessIdentity} from '../../domain/check-result.js';
import {unitRole} from '../../domain/process-identity.js';

/** What the control group of a process shows about where it runs. */
export type Placement = Pick<
	ProcessIdentity,
	'unit' | 'unit_uid' | 'container' | 'container_name' | 'container_engine' | 'pod_uid'
>;

type Container = Required<Pick<ProcessIdentity, 'container' | 'container_engine'>>;

/**
 * Parses the systemd service and the container from /proc/PID/cgroup, for versions 1 and 2. A scope is not a unit that can
 * be restarted, and neither is the service of a whole login (user@1000.service).
 * @param ownCgroup the control group of the reader: processes in the reader's own container count as being in none
 */
export function parseCgroupPlacement(cgroup: string, ownCgroup = ''): Placement {
	const all = pathsOf(cgroup);
	const inContainer = all.find(path => containerIn(path) !== undefined) ?? [];
	const found = containerIn(inContainer);
	const isOwn =
		found !== undefined && pathsOf(ownCgroup).some(path => isSame(containerIn(path)?.container, found.container));
	const container = found && !isOwn ? found : undefined;
	// The part after a container's name is a unit of the container's own systemd.
	const [path = []] = all;
	const outer = container ? inContainer.slice(0, container.index) : path;
	const unit = unitIn(outer);
	const isKept = unit !== undefined && (!container || unitRole(unit) === 'own');
	const uid = outer.map(part => /^user@(\d+)\.service$/.exec(part)?.[1]).find(text => text !== undefined);
	return {
		...(isKept ? {unit} : {}),
		...(uid !== undefined && (isKept || container) ? {unit_uid: Number(uid)} : {}),
		...(container?.container ?? {}),
		...(container ? podIn(inContainer) : {}),
	};
}

/**
 * The uid of a Kubernetes pod: its group is `kubepods-burstable-pod<uid>.slice`, with `_` for `-`, or
 * `kubepods/burstable/pod<uid>`.
 */
function podIn(parts: readonly string[]): Pick<Placement, 'pod_uid'> {
	const uid = parts.map(
		part => /^(?:kubepods.*-)?pod([\da-f]{8}(?:[_-]?[\da-f]{4}){3}[_-]?[\da-f]{12})(?:\.slice)?$/.exec(part)?.[1],
	);
	const found = uid.find(text => text !== undefined);
	return found === undefined ? {} : {pod_uid: found.replaceAll('_', '-')};
}

const isSame = (a: Container | undefined, b: Container): boolean =>
	a?.container === b.container && a.container_engine === b.container_engine;

/** The paths of systemd's hierarchy, then of version 2, then all others, each split into its parts. */
function pathsOf(cgroup: string): string[][] {
	const lines = cgroup.split('\n').flatMap(text => {
		const line = /^\d+:([^:]*):(.*)$/.exec(text);
		return line ? [{controller: line[1] ?? '', parts: (line[2] ?? '').split('/').filter(part => part !== '')}] : [];
	});
	const of = (controller: string) => lines.filter(line => line.controller === controller);
	const first = [...of('name=systemd'), ...of('')];
	// Version 2 mounted beside version 1 holds the units, or nothing.
	const holding = first.filter(({parts}) => parts.some(part => /\.(?:service|scope)$/.test(part)));
	return [...holding, ...first, ...lines].map(({parts}) => parts);
}

function unitIn(parts: readonly string[]): string | undefined {
	const unit = parts.findLast(part => /\.(?:service|scope)$/.test(part));
	return unit !== undefined && /^[\w:.\\@-]+\.service$/.test(unit) && !/^user@\d+\.service$/.test(unit)
		? unit
		: undefined;
}

/** Names of control groups of one container, by the program that runs it. */
const named: ReadonlyArray<readonly [RegExp, Container['container_engine']]> = [
	[/^docker-([\da-f]{64})\.scope$/, 'docker'],
	[/^libpod-(?:payload-)?([\da-f]{64})(?:\.scope)?$/, 'podman'],
	[/^(?:cri-containerd|crio)-([\da-f]{64})(?:\.scope)?$/, 'kubernetes'],
	[/:cri-containerd:([\da-f]{64})$/, 'kubernetes'],
	[/^nerdctl-([\da-f]{64})\.scope$/, 'nerdctl'],
	[/^machine-((?!qemu|lxc)[\w.\\-]+)\.scope$/, 'nspawn'],
	[/^systemd-nspawn@([\w.\\-]+)\.service$/, 'nspawn'],
	[/^lxc\.payload\.([\w.-]+)$/, 'lxc'],
];

/** The folder that contains a bare container id, by the program that runs it. */
const engineOfFolder: ReadonlyArray<readonly [RegExp, Container['container_engine']]> = [
	[/^docker$/, 'docker'],
	[/^kubepods/, 'kubernetes'],
	[/^libpod_parent$/, 'podman'],
	[/^default$/, 'nerdctl'],
];

function containerIn(parts: readonly string[]): {readonly container: Container; readonly index: number} | undefined {
	for (const [index, part] of parts.entries()) {
		for (const [pattern, engine] of named) {
			const id = pattern.exec(part)?.[1];
			if (id !== undefined) {
				return {container: {container: unescaped(id), container_engine: engine}, index};
			}
		}

		const folder = /^[\da-f]{64}$/.test(part) ? parts.slice(0, index) : [];
		const engine = engineOfFolder.find(([pattern]) => folder.some(name => pattern.test(name)))?.[1];
		if (engine !== undefined) {
			return {container: {container: part, container_engine: engine}, index};
		}

		if (parts[index - 1] === 'lxc' && /^[\w.-]+$/.test(part)) {
			return {container: {container: part, container_engine: 'lxc'}, index};
		}
	}

	return undefined;
}

/** What an engine or Kubernetes accepts as a name. Anything else in its place is not shown. */
const engineName = /^[A-Za-z\d][\w.-]{0,127}$/;
const podName = /^[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?$/;

/** The container that a conmon (of podman and CRI-O) monitors, by its command line: `-c ID -n NAME`. */
export function parseConmon(argv: readonly string[]): {readonly container: string; readonly name: string} | undefined {
	const optionOf = (short: string, long: string): string | undefined => {
		const index = argv.findIndex(argument => argument === `-${short}` || argument === `--${long}`);
		return index === -1
			? argv.find(argument => argument.startsWith(`--${long}=`))?.slice(long.length + 3)
			: argv[index + 1];
	};
	const container = optionOf('c', 'cid');
	const name = optionOf('n', 'name');
	const isConmon = /(?:^|\/)conmon$/.test(argv[0] ?? '');
	return isConmon && container !== undefined && name !== undefined && engineName.test(name)
		? {container, name}
		: undefined;
}

/** The name of a container in docker's `config.v2.json`. */
export function parseDockerName(text: string): string | undefined {
	// The file is long; only the container's own name begins with a slash.
	const [, name = ''] = /"Name":"\/([^"\\]*)"/.exec(text) ?? [];
	return engineName.test(name) ? name : undefined;
}

/** The name of a pod: the host name that Kubernetes gives to its processes. @param environ of /proc/PID/environ, the head of it */
export function parsePodName(environ: string, ownHostName: string): string | undefined {
	const [, name = ''] = /(?:^|\0)HOSTNAME=([^\0]*)\0/.exec(environ) ?? [];
	// In the network of its machine a pod has the name of that.
	return podName.test(name) && name !== ownHostName.toLowerCase() ? name : undefined;
}

/** systemd escapes a `-` in a name as `\x2d`. */
const unescaped = (name: string): string =>
	name.replace(/\\x([\da-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
