// The longer help texts and examples of the commands. Loaded only by --help and by the generator of the manual pages.
import type {CommandWords} from './command-table.js';

/** The help text of a command apart from its usage line and its flags. */
interface CommandText {
	/** Whole paragraphs; lines of at most 120 characters. */
	readonly more?: string;
	/** Complete command lines, ready to be copied. */
	readonly examples: readonly string[];
}

const alertHelp = [
	'A node alerts after fail_after results in a row at or beyond alert_on, and recovers after recover_after good ones;',
	'the setting remind repeats open alerts (xmrtop config list). One alert covers all nodes behind a daemon that is down.',
	'The --on-change program runs without a shell and without arguments. It gets the alert as JSON on stdin and in',
	'XMRTOP_* variables; exit code 0 within 30 s means delivered. The webhook gets the JSON by POST; 2xx means',
	'delivered. Failed deliveries are retried for 24 h, across restarts. Alerts are delivered at least once; deduplicate',
	'by id. Only one process per --state-dir sends alerts.',
].join('\n');

const watchHelp = [
	'Every line starts with its time (ISO-8601 UTC), except in the systemd journal, which adds its own. Notes go to',
	'stderr. Results and changes are saved. The nodes are re-read before every cycle, and immediately on SIGHUP.',
	'Exits 0 on SIGINT, SIGTERM or a closed pipe.',
	'',
	alertHelp,
].join('\n');

const serveHelp = [
	'Checks in a loop like watch, and answers with JSON from the last results. A bearer token is required to listen',
	'beyond this machine. Use /health for the overall status (?fail_on=degraded, failed or down), not the exit code.',
	'',
	alertHelp,
].join('\n');

/** Explains `--connect`, for the commands that can read remote hosts. */
const connectHelp = [
	'--connect shows the nodes of remote hosts instead of those configured here (repeatable). ssh://[USER@]HOST[:PORT]',
	'runs  ssh -T HOST xmrtop watch --ndjson  with your own ssh; http(s)://HOST:PORT[/PREFIX] reads an xmrtop serve.',
	'The token of --token-file or XMRTOP_TOKEN is sent to every http host you name. Nodes are then named HOST/NAME.',
	'prometheus+http(s)://HOST:9090[/PREFIX][?match=SELECTOR] reads all xmrtop instances that a Prometheus scrapes; each',
	'instance is a host. --basic-auth-file or --token-file logs in there. --at shows the nodes as they were at a time.',
	'local adds the nodes of this machine. --hosts all or --hosts NAME connects to hosts saved by xmrtop hosts add.',
].join('\n');

const hostsAddHelp = [
	'URLs are written as for --connect. A host with one URL is shown by its name in the table. The live table saves the',
	'hosts of --connect automatically; xmrtop --hosts all connects to them again, and so does xmrtop alone where there',
	'are no other nodes.',
].join('\n');

const daemonsHelp = [
	'--daemons shows each daemon that the nodes depend on (configured, or taken from the process of the wallet) once: chain,',
	'peers, version, login, TLS, disk, clock, and its nodes. Facts hidden by a restricted RPC port are left out. --state and',
	'--fail-on then apply to the daemons.',
].join('\n');

const waitHelp = 'Exits 0 when all nodes have reached the state, 1 if --timeout or a signal comes first.';

const historyHelp = [
	'Uptime is the share of the monitored time in which the status was true (up or degraded). The time between two',
	'checks counts as monitored if they are at most three intervals apart (at least 90 s for watch and the live table,',
	'6 min for single runs, e.g. from cron); all other time is unknown. An outage is time spent busy or down.',
].join('\n');

const silenceHelp = [
	'A silenced node is shown as silenced, and no alert is sent for it. A silence expires; if the node is still failing',
	'then, its alert says so. With --daemon, only alerts caused by that daemon are silenced.',
].join('\n');

const duringHelp = [
	'Exits 0 if the command succeeds and the node is up within --within after it has ended, else 1. If the node is not up,',
	'its silence ends at once, so that a running watch or serve alerts.',
].join('\n');

const actionsAddHelp = [
	'COMMAND is a program and its arguments, run without a shell. In the arguments, {name}, {host}, {port}, {pid}, {unit},',
	'{container} and {daemon} are replaced with values of the node; if one of them is not known, the action cannot be run.',
	'In the live table ! lists the actions, and the key of an action chooses it there. An action with --restarts silences',
	'the node until it is up, and is refused while the wallet is busy or scanning, until you type its name. An action with',
	'--follow gets the whole terminal; Ctrl-C ends the command and returns to the table.',
].join('\n');
const runHelp = [
	'The exit code is that of the command. With --restarts in the action, alerts of the node are silenced until it is up',
	'(at most --within), and the exit code is 1 if it does not come up. Exits 2 without running anything if the action is not',
	'meant for the state of the node, if a placeholder is not known, or if a restart would lose progress (unless --force).',
].join('\n');

/** The help texts of every command. */
export const commandTexts: Readonly<Record<CommandWords, CommandText>> = {
	'': {
		more: connectHelp,
		examples: [
			'xmrtop',
			'xmrtop hot-eu-1 refunds -mfull',
			'xmrtop --connect ssh://db1 --connect local',
			'xmrtop --hosts all',
			'xmrtop --json | jq \'.nodes[] | select(.state != "up") | .name\'',
		],
	},
	status: {
		more: `${daemonsHelp}\n\n${connectHelp}`,
		examples: [
			'xmrtop status --method full refunds',
			'xmrtop status --fail-on down -q || echo a wallet is down',
			'xmrtop status --nagios',
			'xmrtop status --daemons',
		],
	},
	watch: {
		more: watchHelp,
		examples: ['xmrtop watch --on-change /usr/local/bin/mail-alert', 'xmrtop watch --ndjson --interval 30s'],
	},
	serve: {
		more: serveHelp,
		examples: ['xmrtop serve', 'xmrtop serve --listen 0.0.0.0:8780 --token-file ~/.xmrtop-token'],
	},
	history: {
		more: `${historyHelp}\n\n${connectHelp}`,
		examples: ['xmrtop history refunds', 'xmrtop history --group hot --limit 5'],
	},
	wait: {more: waitHelp, examples: ['xmrtop wait hot-eu-1 --for up --timeout 2m']},
	'alerts list': {examples: ['xmrtop alerts list', 'xmrtop alerts list --json']},
	'alerts show': {examples: ['xmrtop alerts show refunds-2026-11-26T21:04:00.000Z']},
	'alerts test': {
		more: 'Channels are configured as for watch: flags or environment variables. Exits 1 if a channel fails.',
		examples: ['xmrtop alerts test --webhook-file ~/.xmrtop-webhook'],
	},
	silence: {
		more: silenceHelp,
		examples: [
			'xmrtop silence refunds --for 2h --reason "new disk"',
			'xmrtop silence --daemon 127.0.0.1:18081 --for 30m',
		],
	},
	'silence list': {examples: ['xmrtop silence list']},
	'silence end': {examples: ['xmrtop silence end refunds', 'xmrtop silence end --all']},
	during: {more: duringHelp, examples: ['xmrtop during refunds -- systemctl restart refunds-wallet']},
	'hosts list': {examples: ['xmrtop hosts list']},
	'hosts add': {
		more: hostsAddHelp,
		examples: ['xmrtop hosts add db1 ssh://ops@db1', 'xmrtop hosts add eu http://eu1:8780 http://eu2:8780 local'],
	},
	'hosts remove': {examples: ['xmrtop hosts remove db1']},
	'actions list': {examples: ['xmrtop actions list']},
	'actions add': {
		more: actionsAddHelp,
		examples: [
			"xmrtop actions add logs --key l --follow -- journalctl -fu '{unit}'",
			"xmrtop actions add restart --key r --on down,busy --restarts -- systemctl restart '{unit}'",
		],
	},
	'actions remove': {examples: ['xmrtop actions remove restart']},
	'actions suggest': {examples: ['xmrtop actions suggest']},
	run: {
		more: runHelp,
		examples: ['xmrtop run restart refunds --dry-run', 'xmrtop run restart refunds --within 5m'],
	},
	'nodes list': {examples: ['xmrtop nodes list --group hot']},
	'nodes show': {examples: ['xmrtop nodes show refunds']},
	'nodes add': {
		examples: [
			'xmrtop nodes add hot-eu-1 --port 18082 --login-file ~/monero-wallet-rpc.18082.login',
			'xmrtop nodes add refunds --port 18085 --username rpc --password-env REFUNDS_PASSWORD',
			'xmrtop nodes add monerod --kind daemon --port 18081',
			'xmrtop nodes add cold --host wallets.example.com --port 443 --tls --daemon none',
		],
	},
	'nodes edit': {
		examples: ['xmrtop nodes edit refunds --daemon 127.0.0.1:18081', 'xmrtop nodes edit refunds --title ""'],
	},
	'nodes remove': {examples: ['xmrtop nodes remove refunds --dry-run', 'xmrtop nodes remove refunds --yes']},
	'nodes enable': {examples: ['xmrtop nodes enable refunds']},
	'nodes disable': {examples: ['xmrtop nodes disable refunds --for 30m']},
	'nodes import': {
		more: 'Relative paths in the file are resolved from the current folder and stored as absolute paths.',
		examples: [
			'xmrtop nodes export | ssh db2 xmrtop nodes import -',
			'xmrtop nodes import nodes.json --prune --dry-run',
		],
	},
	'nodes export': {examples: ['xmrtop nodes export >nodes.json']},
	discover: {examples: ['xmrtop discover', 'xmrtop discover --add']},
	demo: {examples: ['xmrtop demo', 'xmrtop demo --nodes 40']},
	'config list': {examples: ['xmrtop config list']},
	'config get': {examples: ['xmrtop config get interval']},
	'config set': {examples: ['xmrtop config set interval 10s']},
	info: {examples: ['xmrtop info']},
	man: {examples: ['xmrtop man', 'xmrtop man nodes add']},
	completion: {examples: ['source <(xmrtop completion bash)']},
};
