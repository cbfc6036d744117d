import type {ProcessIdentity} from './check-result.js';
import {compact} from './compact.js';

/**
 * The tolerated difference between two start times of one process: they are rounded to seconds, and move when the clock is
 * set; milliseconds.
 */
const sameStartMs = 2000;

/** Whether two observations are of the same process: the same pid and start time. */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
	if (a.pid !== b.pid) {
		return false;
	}

	return a.start_ticks !== undefined && b.start_ticks !== undefined
		? a.start_ticks === b.start_ticks
		: Math.abs(Date.parse(a.started_at) - Date.parse(b.started_at)) <= sameStartMs;
}

/** The last process that was seen of a node, and when. */
export interface SeenProcess {
	readonly process?: ProcessIdentity;
	/** ISO-8601 UTC. */
	readonly process_seen_at?: string;
}

/**
 * Whether a process replaced the one seen before, which means that it started after the other was last seen. A process that
 * started earlier is another wallet, to which the node's definition was changed.
 */
export function isRestart({process: before, process_seen_at: seenAt}: SeenProcess, now: ProcessIdentity): boolean {
	return (
		before !== undefined &&
		!isSameProcess(before, now) &&
		Date.parse(now.started_at) + sameStartMs >= Date.parse(seenAt ?? before.started_at)
	);
}

/** The maximum number of restarts that are kept of a node. */
export const keptRestarts = 20;
const hourMs = 3_600_000;

/** The number of restarts in the last hour. @param restarts ISO-8601 UTC, oldest first */
export function restartsInHour(restarts: readonly string[] | undefined, nowMs: number): number {
	return (restarts ?? []).filter(at => nowMs - Date.parse(at) <= hourMs).length;
}

/** `restarted, pid 4711`, or `restarted 3x in 1 h, pid 4711`. */
export function restartText(pid: number, inHour: number): string {
	return `restarted${inHour > 1 ? ` ${inHour}x in 1 h` : ''}, pid ${pid}`;
}

/** The part of a process's identity that is stored. */
export function identityToRemember(process: ProcessIdentity): ProcessIdentity {
	const {pid, started_at, start_ticks, network_host} = process;
	return compact({
		pid,
		started_at,
		start_ticks,
		network_host,
		...processPlacement(process),
	});
}

/** A container's name, or the short form of its id that its engine shows and accepts. */
export function shortContainer(container: string): string {
	return /^[\da-f]{64}$/.test(container) ? container.slice(0, 12) : container;
}

/** `podman shop`, or `podman 0123456789ab` where its name is not known; `undefined` for a process that runs in no container. */
export function containerText({
	container,
	container_name: name,
	container_engine: engine,
}: Pick<ProcessIdentity, 'container' | 'container_name' | 'container_engine'>): string | undefined {
	return container === undefined ? undefined : `${engine ?? 'container'} ${name ?? shortContainer(container)}`;
}

/** Where a process runs, according to its control group. */
export function processPlacement({
	unit,
	unit_uid,
	container,
	container_name,
	container_engine,
	pod_uid,
}: Partial<ProcessIdentity>): Pick<
	ProcessIdentity,
	'unit' | 'unit_uid' | 'container' | 'container_name' | 'container_engine' | 'pod_uid'
> {
	return compact({
		unit,
		unit_uid,
		container,
		container_name,
		container_engine,
		pod_uid,
	});
}

/** The role of a systemd service for a process in it. */
export type UnitRole =
	/** It runs the wallet: it starts the wallet, and its journal contains the wallet's log. */
	| 'own'
	/** The process was started from a login session or a terminal, and is still running. */
	| 'login'
	/** A scheduler started the process once. */
	| 'scheduler'
	/** A supervisor restarts the process; the journal is that of the supervisor. */
	| 'supervisor'
	/** A container engine runs the process. */
	| 'engine';

/** Patterns of service names, without `.service` and the instance after `@`. */
const roles: ReadonlyArray<readonly [RegExp, UnitRole]> = [
	[/^(?:ssh|sshd|sshd-session|dropbear|telnetd?|xrdp|xrdp-sesman|mosh|ttyd|cockpit.*)$/, 'login'],
	[/^(?:(?:serial-|container-|console-)?getty|emergency|rescue|debug-shell|login)$/, 'login'],
	[
		/^(?:gdm3?|lightdm|sddm|lxdm|display-manager|plasma.*|gnome.*|org\.gnome\..*|app-(?:gnome|kde|flatpak|org\.).*|dbus.*)$/,
		'login',
	],
	[/^(?:tmux.*|screen.*|zellij.*|byobu.*|code-server|jupyter.*|vscode.*)$/, 'login'],
	[/^(?:systemd-.*|user|user-runtime-dir|session-.*|init)$/, 'login'],
	[/^(?:cron|crond|cronie|anacron|atd|at|fcron|bcron.*|systemd-cron.*|rc-local)$/, 'scheduler'],
	[
		/^(?:supervisor|supervisord|runit.*|runsvdir.*|s6.*|pm2.*|monit|circus.*|god|immortal.*|daemontools|svscan.*)$/,
		'supervisor',
	],
	[
		/^(?:jenkins.*|gitlab-runner.*|actions\.runner.*|buildkite.*|nomad|salt-minion|puppet.*|chef-.*|ansible.*|webhook)$/,
		'supervisor',
	],
	[
		/^(?:docker|containerd|crio|cri-o|podman|podman-(?:restart|auto-update|kube)|buildkit|k3s.*|rke2.*|k0s.*|kubelet|microk8s.*|snap\.docker.*|snap\.microk8s.*)$/,
		'engine',
	],
	[/^(?:lxc.*|lxd.*|incus.*|libvirtd.*|machines|multipass.*|balena.*)$/, 'engine'],
];

/** The role of a service for the processes in its control group. */
export function unitRole(unit: string): UnitRole {
	const name = unit.replace(/(?:@.*)?\.service$/, '');
	return roles.find(([pattern]) => pattern.test(name))?.[1] ?? 'own';
}
