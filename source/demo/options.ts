import {parseArgs} from 'node:util';
import {scenarios} from './scenarios.js';
import {type LoginShare, loginShares} from './wallet.js';

/** The options of the demo. */
export interface DemoOptions {
	/** How many nodes. Default 12. */
	readonly nodes: number;
	/** The folder for nodes.json. Default: a new temporary one, removed at the end. */
	readonly configDir?: string;
	/** Changes when things happen, not what happens. Default 1. */
	readonly seed: number;
	/** No scenarios and no changes: every node is healthy. */
	readonly calm: boolean;
	/** How many of the generated nodes never answer. Default 0. */
	readonly hung: number;
	/** Which of the generated nodes require a login. Default `half`. */
	readonly login: LoginShare;
	/** Whether the generated nodes name a daemon. */
	readonly daemon: boolean;
}

/** What `--help` prints. */
export const usage = `Usage: demo [options]

A simulated fleet of monero-wallet-rpc on 127.0.0.1: real sockets, real Digest, states that change over time.
Writes nodes.json, prints {"ready":true,"config_dir":"..."} and runs until its standard input ends or a signal arrives.

  --nodes N         number of nodes, 1 to 5000 (12); all nodes after the first twelve are healthy and never change
  --config-dir DIR  folder for nodes.json, which must not exist yet (default: a temporary folder, removed at the end)
  --seed N          seed of the timing of events (1)
  --help            show this help

For measurements:
  --calm            all nodes are healthy and nothing changes
  --hung M          M of the generated nodes accept connections and never answer (0)
  --login WHICH     which generated nodes require a login: none, half or digest (half)
  --daemon          the generated nodes name a daemon; without --calm they always do
`;

/** The result of parsing a command line. */
export type ParsedCommandLine =
	| {readonly kind: 'run'; readonly options: DemoOptions}
	| {readonly kind: 'help'}
	/** One line for stderr. */
	| {readonly kind: 'bad_usage'; readonly message: string};

/** Parses the command line of the demo. */
export function parseDemoArguments(argv: readonly string[]): ParsedCommandLine {
	try {
		const {values} = parseArgs({
			args: [...argv],
			options: {
				nodes: {type: 'string', default: String(scenarios.length)},
				'config-dir': {type: 'string'},
				seed: {type: 'string', default: '1'},
				calm: {type: 'boolean', default: false},
				hung: {type: 'string', default: '0'},
				login: {type: 'string', default: 'half'},
				daemon: {type: 'boolean', default: false},
				help: {type: 'boolean', short: 'h', default: false},
			},
		});
		if (values.help) {
			return {kind: 'help'};
		}

		const {calm} = values;
		const nodes = wholeNumber('nodes', values.nodes, 1, 5000);
		const generated = calm ? nodes : Math.max(0, nodes - scenarios.length);
		return {
			kind: 'run',
			options: {
				nodes,
				...(values['config-dir'] === undefined ? {} : {configDir: folder(values['config-dir'])}),
				seed: wholeNumber('seed', values.seed, 0, 2 ** 31 - 1),
				calm,
				hung: wholeNumber('hung', values.hung, 0, generated),
				login: loginShare(values.login),
				daemon: values.daemon || !calm,
			},
		};
	} catch (error) {
		return {kind: 'bad_usage', message: (error as Error).message.split('\n')[0] ?? ''};
	}
}

function wholeNumber(flag: string, text: string, from: number, to: number): number {
	const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
	if (value >= from && value <= to) {
		return value;
	}

	throw new RangeError(`--${flag} ${JSON.stringify(text)} is invalid: expected a whole number from ${from} to ${to}`);
}

function folder(text: string): string {
	if (text === '') {
		throw new RangeError('--config-dir "" is invalid: expected the path of a folder');
	}

	return text;
}

function loginShare(text: string): LoginShare {
	const share = loginShares.find(word => word === text);
	if (!share) {
		throw new RangeError(`--login ${JSON.stringify(text)} is invalid: expected ${loginShares.join(', ')}`);
	}

	return share;
}
