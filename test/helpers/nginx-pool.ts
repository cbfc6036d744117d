import {writeFileSync} from 'node:fs';
import {Agent, request} from 'node:http';
import net from 'node:net';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {createDigestAnswerer, parseChallenges, strongestDigest} from '../../source/adapters/network/digest.js';
import {findProgram, type RealProcess, startOnFreePort, startProcess} from './real-process.js';

/** A running nginx in front of one server. */
export interface Nginx extends RealProcess {
	readonly port: number;
}

/**
 * Starts nginx in front of a port on loopback.
 * @param keepAlive how many idle upstream connections it keeps and shares between its clients; 0: a new one for each request
 * @param folder folder for its files
 */
export async function startNginx(upstreamPort: number, keepAlive: number, folder: string): Promise<Nginx> {
	const {process, port} = await startOnFreePort(
		port => {
			const file = path.join(folder, `nginx-${port}.conf`);
			writeFileSync(file, configuration(port, upstreamPort, keepAlive, folder));
			return startProcess(findProgram('nginx') ?? 'nginx', ['-c', file], {cwd: folder, home: folder});
		},
		port => isOpen(port),
	);
	return {...process, port};
}

function configuration(port: number, upstreamPort: number, keepAlive: number, folder: string): string {
	const kept = keepAlive > 0 ? 'proxy_http_version 1.1; proxy_set_header Connection "";' : '';
	const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
		name => `${name}_temp_path ${folder}/${name};`,
	);
	return `worker_processes 1; pid ${folder}/nginx-${port}.pid; error_log ${folder}/error.log; daemon off; events {}
http { access_log off; ${temporary.join(' ')}
 upstream pool { server 127.0.0.1:${upstreamPort}; ${keepAlive > 0 ? `keepalive ${keepAlive};` : ''} }
 server { listen 127.0.0.1:${port}; location / { proxy_pass http://pool; ${kept} } } }`;
}

function isOpen(port: number): Promise<boolean> {
	return new Promise(resolve => {
		const socket = net.connect(port, '127.0.0.1');
		socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
		socket.on('connect', () => socket.destroy());
	});
}

/** Other clients of a server, which repeatedly connect, log in and send a request, like `curl --digest`. */
export interface OtherClients {
	/** Number of requests with an accepted login. */
	readonly accepted: () => number;
	readonly stop: () => Promise<void>;
}

export function startOtherClients(
	count: number,
	{port, username, password}: {readonly port: number; readonly username: string; readonly password: string},
): OtherClients {
	let isStopped = false;
	let accepted = 0;
	const target = {method: 'POST', uri: '/json_rpc'};
	const askAgain = async (): Promise<void> => {
		while (!isStopped) {
			const agent = new Agent({keepAlive: true, maxSockets: 1});
			const first = await post(port, agent);
			const challenge = strongestDigest(parseChallenges(first.challenges));
			const second =
				challenge && (await post(port, agent, createDigestAnswerer(challenge, {username, password}, target)()));
			accepted += second?.statusCode === 200 ? 1 : 0;
			agent.destroy();
			await delay(2);
		}
	};
	const running = Promise.all(Array.from({length: count}, askAgain));
	return {
		accepted: () => accepted,
		stop: async () => {
			isStopped = true;
			await running;
		},
	};
}

function post(
	port: number,
	agent: Agent,
	authorization?: string,
): Promise<{readonly statusCode: number; readonly challenges: readonly string[]}> {
	const body = '{"jsonrpc":"2.0","id":"0","method":"get_version"}';
	const headers = {'Content-Length': body.length, ...(authorization === undefined ? {} : {authorization})};
	return new Promise(resolve => {
		const failed = (): void => resolve({statusCode: 0, challenges: []});
		request({agent, port, host: '127.0.0.1', path: '/json_rpc', method: 'POST', headers}, response => {
			const {statusCode = 0, headersDistinct} = response;
			const challenges = headersDistinct['www-authenticate'] ?? [];
			response
				.resume()
				.on('end', () => resolve({statusCode, challenges}))
				.on('error', failed);
		})
			.on('error', failed)
			.end(body);
	});
}
