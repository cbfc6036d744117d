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
