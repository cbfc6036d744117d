// What --help and the manual say of a command beyond its one line.

const alertHelp = [
	'A node alerts after fail_after results in a row at or beyond alert_on, and recovers after recover_after good ones;',
	'the setting remind repeats open alerts (xmrtop config list). One alert covers all nodes behind a daemon that is down.',
	'The --on-change program runs without a shell and without arguments. It gets the alert as JSON on stdin and in',
	'XMRTOP_* variables; exit code 0 within 30 s means delivered. The webhook gets the JSON by POST; 2xx means',
	'delivered. Failed deliveries are retried for 24 h, across restarts. Alerts are delivered at least once; deduplicate',
	'by id. Only one process per --state-dir sends alerts.',
].join('\n');
export const watchHelp = [
	'Every line starts with its time (ISO-8601 UTC), except in the systemd journal, which adds its own. Notes go to',
	'stderr. Results and changes are saved. The nodes are re-read before every cycle, and immediately on SIGHUP.',
	'Exits 0 on SIGINT, SIGTERM or a closed pipe.',
	'',
	alertHelp,
].join('\n');
export const serveHelp = [
	'Checks in a loop like watch, and answers with JSON from the last results. A bearer token is required to listen',
	'beyond this machine. Use /health for the overall status (?fail_on=degraded, failed or down), not the exit code.',
	'',
	alertHelp,
].join('\n');
/** What reading remote hosts means, for the commands that can. */
export const connectHelp = [
	'--connect shows the nodes of remote hosts instead of those configured here (repeatable). ssh://[USER@]HOST[:PORT]',
	'runs  ssh -T HOST xmrtop watch --ndjson  with your own ssh; http(s)://HOST:PORT[/PREFIX] reads an xmrtop serve.',
	'The token of --token-file or XMRTOP_TOKEN is sent to every http host you name. Nodes are then named HOST/NAME.',
].join('\n');
export const connectWords = {
	'token-file': {
		value: 'F',
		about: 'file that contains the bearer token for the http hosts (or XMRTOP_TOKEN)',
	},
} as const;
export const waitHelp = 'Exits 0 when all nodes have reached the state, 1 if --timeout or a signal comes first.';
export const historyHelp = [
	'Uptime is the share of the monitored time in which the status was true (up or degraded). The time between two',
	'checks counts as monitored if they are at most three intervals apart (at least 90 s for watch and the live table,',
	'6 min for single runs, e.g. from cron); all other time is unknown. An outage is time spent busy or down.',
].join('\n');
export const silenceHelp = [
	'A silenced node is shown as silenced, and no alert is sent for it. A silence expires; if the node is still failing',
	'then, its alert says so. With --daemon, only alerts caused by that daemon are silenced.',
].join('\n');
export const duringHelp = [
	'Exits 0 if the command succeeds and the node is up within --within after it has ended, else 1. If the node is not up,',
	'its silence ends at once, so that a running watch or serve alerts.',
].join('\n');
