import type {ProcessIdentity} from './check-result.js';
import {compact} from './compact.js';

/** Start times in whole seconds, seen before and after the clock was set, differ by less. */
export const sameStartMs = 2000;

/** Whether two observations are of one process: the same number, given at the same time. */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
	if (a.pid !== b.pid) {
		return false;
	}

	return a.start_ticks !== undefined && b.start_ticks !== undefined
		? a.start_ticks === b.start_ticks
		: Math.abs(Date.parse(a.started_at) - Date.parse(b.started_at)) <= sameStartMs;
}

/** The process a node was last seen to run in, and when. */
export interface SeenProcess {
	readonly process?: ProcessIdentity;
	/** ISO-8601 UTC. */
	readonly process_seen_at?: string;
}

/**
 * Whether a process took the place of the one seen before: it began after that was last seen. One that began earlier is
 * another wallet, which the node has been pointed at since.
 */
export function isRestart({process: before, process_seen_at: seenAt}: SeenProcess, now: ProcessIdentity): boolean {
	return (
		before !== undefined &&
		!isSameProcess(before, now) &&
		Date.parse(now.started_at) + sameStartMs >= Date.parse(seenAt ?? before.started_at)
	);
}

/** How many restarts of a node are kept. */
export const keptRestarts = 20;
const hourMs = 3_600_000;

/** How often a process began anew in the last hour. @param restarts ISO-8601 UTC, oldest first */
export function restartsInHour(restarts: readonly string[] | undefined, nowMs: number): number {
	return (restarts ?? []).filter(at => nowMs - Date.parse(at) <= hourMs).length;
}

/** `restarted, pid 4711`, or `restarted 3x in 1 h, pid 4711`. */
export function restartText(pid: number, inHour: number): string {
	return `restarted${inHour > 1 ? ` ${inHour}x in 1 h` : ''}, pid ${pid}`;
}

/** What is remembered of a process. */
export function identityToRemember(process: ProcessIdentity): ProcessIdentity {
	const {pid, started_at, start_ticks} = process;
	return compact({
		pid,
		started_at,
		start_ticks,
		...processPlacement(process),
	});
}

/** A container's name, or the part of its id that its engine shows and takes. */
export function shortContainer(container: string): string {
	return /^[\da-f]{64}$/.test(container) ? container.slice(0, 12) : container;
}

/** Where a process runs, as far as its control group says. */
export function processPlacement({
	unit,
	unit_uid,
	container,
	container_engine,
	pod_uid,
}: Partial<ProcessIdentity>): Pick<
	ProcessIdentity,
	'unit' | 'unit_uid' | 'container' | 'container_engine' | 'pod_uid'
> {
	return compact({
		unit,
		unit_uid,
		container,
		container_engine,
		pod_uid,
	});
}

/** What a systemd service is to a process in it. */
export type UnitRole =
	/** It was made for the wallet: it starts it, and its journal is the wallet's. */
	| 'own'
	/** The process was started from a login or a terminal, and stayed. */
	| 'login'
	/** A scheduler started it once. */
	| 'scheduler'
	/** A supervisor starts it again; the journal is the supervisor's. */
	| 'supervisor'
	/** It runs containers. */
	| 'engine';

/** Services by the first part of their name, without `.service` and what follows `@`. */
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

/** What a service is to a process that its control group names it for. */
export function unitRole(unit: string): UnitRole {
	const name = unit.replace(/(?:@.*)?\.service$/, '');
	return roles.find(([pattern]) => pattern.test(name))?.[1] ?? 'own';
}
