import {request} from 'node:http';
import type {TestContext} from 'node:test';
import type {CliOptions} from './run-cli.js';
import {type RunningCli, runningCli} from './running-cli.js';

/** An HTTP response. */
export interface Answered {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly text: string;
	/** The body as JSON. */
	// biome-ignore lint/suspicious/noExplicitAny: tests read documents of any shape.
	readonly json: () => any;
}

/** The built program as a server. */
export interface RunningServer {
	readonly serve: RunningCli;
	/** The listening address that it printed. */
	readonly url: string;
	readonly port: number;
	readonly get: (path: string, options?: AskOptions) => Promise<Answered>;
}

export interface AskOptions {
	readonly method?: string;
	readonly headers?: Readonly<Record<string, string>>;
}

/** Starts `xmrtop serve` and waits until it listens. It is killed after the test. */
export async function startServe(
	context: TestContext,
	args: readonly string[],
	options: CliOptions,
): Promise<RunningServer> {
	const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
	const serve = runningCli(context, ['serve', ...listen, ...args], options);
	await serve.until(() => /listening on \S+\n/.test(serve.stderr()), 'the server');
	const url = /listening on (\S+)\n/.exec(serve.stderr())?.[1] ?? '';
	const place = url.startsWith('unix:')
		? {socketPath: url.slice(5)}
		: {host: '127.0.0.1', port: Number(new URL(url).port)};
	return {serve, url, port: Number(place.port ?? 0), get: (path, asked) => ask(place, path, asked)};
}

/** Sends one request on a new connection. */
export function ask(
	place: {readonly host?: string; readonly port?: number; readonly socketPath?: string},
	path: string,
	{method = 'GET', headers = {}}: AskOptions = {},
): Promise<Answered> {
	return new Promise((resolve, reject) => {
		const asking = request({...place, path, method, headers, agent: false}, response => {
			let text = '';
			response.setEncoding('utf8').on('data', chunk => {
				text += chunk;
			});
			response.on('error', reject).on('end', () => {
				const {statusCode: status = 0, headers} = response;
				resolve({status, headers, text, json: () => JSON.parse(text)});
			});
		});
		asking.on('error', reject).end();
	});
}
