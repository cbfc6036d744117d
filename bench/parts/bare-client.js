// The minimum cost of checking: node:http, one kept-alive connection per node, the same calls, and no evaluation of the answers.
import {createHash, randomBytes} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {Agent, request} from 'node:http';

const bodyOf = method => JSON.stringify({jsonrpc: '2.0', id: '0', method});
const bodies = {get_version: bodyOf('get_version'), get_height: bodyOf('get_height')};
const md5 = text => createHash('md5').update(text).digest('hex');

function send(node, body, authorization) {
	return new Promise((resolve, reject) => {
		const headers = {'content-type': 'application/json', 'content-length': body.length};
		if (authorization) {
			headers.authorization = authorization;
		}

		node.agent ??= new Agent({keepAlive: true, maxSockets: 1});
		const {host, port, path, agent} = node;
		request({host, port, path, agent, method: 'POST', headers, timeout: 3000}, response => {
			let text = '';
			response
				.setEncoding('utf8')
				.on('data', chunk => {
					text += chunk;
				})
				.on('end', () => resolve({response, text}))
				.on('error', reject);
		})
			.on('error', reject)
			.end(body);
	});
}

function authorize(node) {
	const {realm, nonce, algorithm} = node.challenge;
	node.count += 1;
	const nc = node.count.toString(16).padStart(8, '0');
	const cnonce = randomBytes(8).toString('hex');
	node.key ??= md5(`${node.username}:${realm}:${node.password}`);
	const response = md5(`${node.key}:${nonce}:${nc}:${cnonce}:auth:${md5(`POST:${node.path}`)}`);
	return `Digest username="${node.username}", realm="${realm}", nonce="${nonce}", uri="${node.path}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`;
}

async function call(node, method) {
	const body = bodies[method];
	let answer = await send(node, body, node.challenge && authorize(node));
	if (answer.response.statusCode === 401) {
		// One header per algorithm; every wallet-rpc offers MD5.
		const offers = answer.response.headersDistinct['www-authenticate'];
		const offer = offers.find(text => /algorithm="?md5"?(?:,|$)/i.test(text)) ?? offers[0];
		const parameter = name => new RegExp(`${name}="?([^",]*)`).exec(offer)?.[1];
		node.challenge = {realm: parameter('realm'), nonce: parameter('nonce'), algorithm: parameter('algorithm')};
		node.count = 0;
		answer = await send(node, body, authorize(node));
	}

	return JSON.parse(answer.text).result;
}

/** Reads the nodes of a nodes.json. */
export function readNodes(folder) {
	return JSON.parse(readFileSync(`${folder}/nodes.json`, 'utf8')).nodes;
}

/** Asks every node for its version and its wallet's height, as an `api` check does, `concurrency` at a time. */
export async function callAll(nodes, concurrency = 256) {
	const versions = [];
	let next = 0;
	const work = async () => {
		while (next < nodes.length) {
			const node = nodes[next];
			next += 1;
			const {version} = await call(node, 'get_version');
			const {height} = await call(node, 'get_height');
			versions.push({name: node.name, version, height});
		}
	};
	await Promise.all(Array.from({length: concurrency}, work));
	return versions;
}

/** Closes the kept-alive connections. */
export function hangUp(nodes) {
	for (const {agent} of nodes) {
		agent?.destroy();
	}
}
