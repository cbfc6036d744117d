import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createServer, type RequestListener} from 'node:http';
import {type TestContext, test} from 'node:test';
import {AnswerBudget} from '../../../source/adapters/remote/bounded-answer.js';
import {openPrometheusLine, readPrometheusHistory} from '../../../source/adapters/remote/prometheus-line.js';
import {parseConnectHosts} from '../../../source/cli/commands/hosts.js';
import {renderRemedy} from '../../../source/cli/render-remedy.js';
import type {FleetNode} from '../../../source/domain/fleet.js';
import {createPrometheusReader} from '../../../source/domain/remote/prometheus-fleet.js';
import type {PrometheusHost} from '../../../source/domain/remote/remote-nodes.js';
import {nodeReport} from '../../../source/domain/status-document.js';
import {listenOnLoopback} from '../../helpers/loopback.js';

/** Recorded answers of a real Prometheus 2.42 to every query, and to a bad selector. */
const recorded: Readonly<Record<string, unknown>> = JSON.parse(
	readFileSync(new URL('../../fixtures/prometheus_two_instances.json', import.meta.url), 'utf8'),
);

const replay: RequestListener = (request, response) => {
	const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '';
	const answer = recorded[query];
	response.statusCode = answer === undefined ? 400 : 200;
	response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer ?? recorded['bad selector']));
};

async function prometheusAt(t: TestContext, listener: RequestListener, more = ''): Promise<PrometheusHost> {
	const server = await listenOnLoopback(createServer(listener));
	t.after(server.close);
	const [host] = parseConnectHosts([`prometheus+http://127.0.0.1:${server.port}${more}`]);
	assert.ok(host?.kind === 'prometheus');
	return host;
}

const access = (authorization?: string) => ({authorization, budget: new AnswerBudget(), renderRemedy});

/** The first result of a connection: answers, or why there are none. */
async function firstOf(
	t: TestContext,
	host: PrometheusHost,
	answerMs = 60_000,
	authorization?: string,
): Promise<unknown> {
	return new Promise(resolve => {
		const options = {intervalMs: 60_000, answerMs, isFresh: false};
		const line = openPrometheusLine(host, options, {onDocument: resolve, onEnd: resolve}, access(authorization));
		t.after(line.end);
	});
}

const matching = '?match={job="xmrtop"}';

interface Answers {
	readonly atMs: number;
	readonly results: Readonly<Record<string, unknown[]>>;
}

const firstAnswersOf = async (t: TestContext, host: PrometheusHost): Promise<Answers> =>
	(await firstOf(t, host)) as Answers;

/** The nodes of the recorded answers, by name. */
async function recordedNodes(t: TestContext, change = (answers: unknown) => answers): Promise<Map<string, FleetNode>> {
	const host = await prometheusAt(t, replay, matching);
	const read = createPrometheusReader({host, index: 0})(change(await firstOf(t, host)));
	assert.ok('document' in read);
	return new Map(read.document.nodes.map(node => [node.node.name, node]));
}

test('reads the recorded answers of two instances, one of which stopped', async t => {
	const nodes = await recordedNodes(t);
	assert.deepEqual(
		[...nodes].map(([name, {origin, result}]) => [name, origin?.host, origin?.name, result?.details.state]),
		[
			['one:8780/node-1', 'one:8780', 'node-1', 'up'],
			['one:8780/node-2', 'one:8780', 'node-2', 'degraded'],
			['one:8780/node-3', 'one:8780', 'node-3', 'busy'],
			['one:8780/node-4', 'one:8780', 'node-4', 'unknown'],
			['one:8780/node-5', 'one:8780', 'node-5', 'down'],
			['one:8780/node-6', 'one:8780', 'node-6', 'unknown'],
			['two:8780/node-1', 'two:8780', 'node-1', 'unknown'],
			['two:8780/node-2', 'two:8780', 'node-2', 'unknown'],
			['two:8780', 'two:8780', undefined, 'down'],
		],
	);
	const reasonOf = (name: string): string => nodes.get(name)?.result?.details.reason ?? '';
	const time = '\\d\\d:\\d\\d:\\d\\d';
	const removed = 'removed, renamed or disabled there';
	assert.match(reasonOf('one:8780/node-6'), new RegExp(`^no longer reported by one:8780 since ${time}: ${removed}$`));
	const gone = new RegExp(`^no response from two:8780 since ${time}: Prometheus cannot scrape it$`);
	assert.match(reasonOf('two:8780/node-1'), gone);
	assert.equal(reasonOf('two:8780'), 'Prometheus cannot scrape it');
	assert.equal(reasonOf('one:8780/node-4'), 'not checkable from there');
	assert.equal(reasonOf('one:8780/node-1'), '');
});

test('reads the facts of a node and its daemon', async t => {
	const nodes = await recordedNodes(t);
	const up = nodes.get('one:8780/node-1');
	assert.ok(up);
	const report = nodeReport(up, 'api');
	assert.deepEqual(
		[report?.group, report?.version_text, report?.latency_ms, report?.status, report?.host],
		['group-0', '1.25', 3, true, 'one:8780'],
	);
	assert.match(report?.since ?? '', /^2026-/);
	const expected = {
		daemon: '10.0.0.0:18081',
		daemon_reachable: true,
		daemon_height: 3_000_100,
		daemon_synchronized: true,
		daemon_lag: 0,
		wallet_open: true,
		wallet_height: 3_000_100,
		wallet_lag: 0,
		version: 65_561,
	};
	assert.deepEqual({...report?.details, ...expected}, report?.details);
});

test('the next query keeps ids, and reports instances that stopped in between', async t => {
	const host = await prometheusAt(t, replay, matching);
	const read = createPrometheusReader({host, index: 2});
	const answers = await firstAnswersOf(t, host);
	const first = read(answers);
	const state = (answers.results.state ?? []).slice(1);
	const next = read({atMs: answers.atMs + 10_000, results: {...answers.results, gone: [], goneStates: [], state}});
	assert.ok('document' in first && 'document' in next);
	const ids = (nodes: readonly FleetNode[]) => nodes.map(({node: {id, name}}) => [name, id]);
	assert.deepEqual(ids(next.document.nodes), ids(first.document.nodes));
	assert.deepEqual(next.document.nodes[0]?.result?.details.state, 'unknown');
	const later = read({atMs: answers.atMs + 4_000_000, results: {state}});
	assert.ok('document' in later);
	assert.ok(
		later.document.nodes.every(({node}) => node.name !== 'one:8780/node-1'),
		'forgotten after an hour',
	);
});

test('later looks send fewer queries than the first, and a changed state is shown at once', async t => {
	const asked: string[] = [];
	const isOfStates = (query: string): boolean => /_state\{.*== 1/.test(query);
	const sample = (metric: Readonly<Record<string, string>>, value: number) => ({metric, value: [0, `${value}`]});
	let one: {readonly state: string; readonly since: number} = {state: 'up', since: 10};
	const nodes = () => ({one, two: {state: 'up', since: 10}});
	const host = await prometheusAt(t, ({url}, response) => {
		const query = new URL(url ?? '', 'http://x').searchParams.get('query') ?? '';
		asked.push(query);
		const of = (make: (node: string, series: typeof one) => unknown): unknown[] =>
			Object.entries(nodes()).map(([node, series]) => make(node, series));
		const result = query.includes('_state_since')
			? of((node, {since}) => sample({instance: 'a', node}, since))
			: isOfStates(query)
				? of((node, {state}) => sample({instance: 'a', node, state}, 1))
				: query.includes('xmrtop_(nodes')
					? ['up', 'down'].map(state => {
							const count = Object.values(nodes()).filter(series => series.state === state).length;
							return sample({__name__: 'xmrtop_nodes', instance: 'a', state}, count);
						})
					: query === 'time()'
						? [1000, '1000']
						: [];
		response.end(JSON.stringify({status: 'success', data: {result}}));
	});
	const read = createPrometheusReader({host, index: 0});
	const waiting: Array<(answers: unknown) => void> = [];
	const next = async (): Promise<FleetNode[]> => {
		const answers = await new Promise(resolve => waiting.push(resolve));
		const status = read(answers);
		assert.ok('document' in status);
		return [...status.document.nodes];
	};
	const onDocument = (answers: unknown): void => waiting.shift()?.(answers);
	const options = {intervalMs: 60_000, answerMs: 60_000, isFresh: false};
	const line = openPrometheusLine(host, options, {onDocument, onEnd: assert.fail}, access());
	t.after(line.end);
	const states = (list: readonly FleetNode[]) => list.map(({result}) => result?.details.state);
	const first = await next();
	assert.deepEqual(states(first), ['up', 'up']);
	assert.equal(asked.length, 12);

	asked.length = 0;
	line.askNow?.();
	await next();
	assert.equal(asked.filter(isOfStates).length, 0);
	assert.equal(asked.length, 7);

	asked.length = 0;
	one = {state: 'down', since: 20};
	line.askNow?.();
	assert.deepEqual(states(await next()), ['down', 'up']);
	assert.deepEqual(asked.filter(isOfStates), [
		'max by (instance, node, group, state) (monero_wallet_rpc_state{node=~"one"} == 1)',
	]);
});

test('a Prometheus that stops after the first look is noticed within two seconds and an interval', async t => {
	let isStopped = false;
	const host = await prometheusAt(
		t,
		(request, response) => {
			if (!isStopped) {
				replay(request, response);
			}
		},
		matching,
	);
	const complaint = await new Promise(resolve => {
		const onDocument = (): void => {
			isStopped = true;
		};
		const options = {intervalMs: 50, answerMs: 60_000, isFresh: false};
		t.after(openPrometheusLine(host, options, {onDocument, onEnd: resolve}, access()).end);
	});
	assert.match(String(complaint), /^no response within [\d.]+ seconds$/);
	assert.ok(Number(/[\d.]+/.exec(String(complaint))?.[0]) < 15, String(complaint));
});

test('a look in which many nodes change or are new may take as long as the first look', async t => {
	const limits: Array<{readonly ms: number; readonly late: AbortController}> = [];
	t.mock.method(AbortSignal, 'timeout', (ms: number) => {
		const late = new AbortController();
		limits.push({ms, late});
		return late.signal;
	});
	const passMs = (ms: number): void => {
		for (const {late} of limits.filter(limit => limit.ms <= ms)) {
			late.abort();
		}
	};
	let nodes = Array.from({length: 300}, (_, index) => ({node: `node-${index}`, since: '10'}));
	let dear = 0;
	const host = await prometheusAt(t, ({url}, response) => {
		const query = new URL(url ?? '', 'http://x').searchParams.get('query') ?? '';
		const of = (value: (since: string) => string, more = {}): unknown[] =>
			nodes.map(({node, since}) => ({metric: {instance: 'a', node, ...more}, value: [0, value(since)]}));
		const isOfStates = / == 1/.test(query);
		if (isOfStates || query.includes('monero_wallet_rpc_info{')) {
			dear += 1;
			// These queries take two intervals.
			passMs(120_000);
		}

		const result =
			query === 'time()'
				? [1000, '1000']
				: query.includes('_state_since')
					? of(since => since)
					: isOfStates
						? of(() => '1', {state: 'up'})
						: query.includes('xmrtop_(nodes')
							? [{metric: {__name__: 'xmrtop_nodes', instance: 'a', state: 'up'}, value: [0, `${nodes.length}`]}]
							: [];
		response.end(JSON.stringify({status: 'success', data: {result}}));
	});
	let series: (answers: unknown) => void = () => {};
	const next = async (): Promise<unknown> => new Promise(resolve => (series = resolve));
	const first = next();
	const options = {intervalMs: 60_000, answerMs: 600_000, isFresh: false};
	const line = openPrometheusLine(
		host,
		options,
		{onDocument: answers => series(answers), onEnd: complaint => series(complaint)},
		access(),
	);
	t.after(line.end);
	const look = async (): Promise<unknown> => {
		const answers = next();
		line.askNow?.();
		return answers;
	};
	assert.equal(typeof (await first), 'object');

	dear = 0;
	nodes = nodes.map(({node}) => ({node, since: '20'}));
	assert.equal(typeof (await look()), 'object', 'many nodes changed');
	assert.equal(dear, 1);

	dear = 0;
	nodes = [...nodes, {node: 'new', since: '30'}];
	assert.equal(typeof (await look()), 'object', 'a node is new');
	assert.equal(dear, 3);
});

test('the time of VictoriaMetrics, which answers with a vector, is understood', async t => {
	const host = await prometheusAt(
		t,
		(request, response) => {
			if (new URL(request.url ?? '', 'http://x').searchParams.get('query') === 'time()') {
				const data = {resultType: 'vector', result: [{metric: {}, value: [1795745318, '1795745318.5']}]};
				response.end(JSON.stringify({status: 'success', data}));
			} else {
				replay(request, response);
			}
		},
		matching,
	);
	const {atMs} = await firstAnswersOf(t, host);
	assert.equal(atMs, 1_795_745_318_000);
});

test('an unchanged node is the same object, and a node that was checked again has the new time', async t => {
	const host = await prometheusAt(t, replay, matching);
	const read = createPrometheusReader({host, index: 0});
	const answers = await firstAnswersOf(t, host);
	const firstNode = (change: Readonly<Record<string, unknown[]>>, laterMs: number): FleetNode => {
		const status = read({atMs: answers.atMs + laterMs, results: {...answers.results, ...change}});
		assert.ok('document' in status && status.document.nodes[0]);
		return status.document.nodes[0];
	};
	const node = firstNode({}, 0);
	assert.equal(firstNode({}, 1000), node);
	const cycleS = Math.ceil(answers.atMs / 1000) + 1;
	const of = (value: number) => [{metric: {instance: 'one:8780', node: 'node-1'}, value: [0, String(value)]}];
	const again = firstNode({lastCycles: of(cycleS), duration: of(0.25)}, 2000);
	const {latency_ms: latency, last_check: at, ...facts} = again.result?.details ?? assert.fail();
	assert.deepEqual([latency, at], [250, new Date(cycleS * 1000).toISOString()]);
	assert.deepEqual({...node.result?.details, ...facts}, node.result?.details);
	assert.deepEqual(
		[again.nodeState.latencies, again.nodeState.states?.api?.since],
		[[...(node.nodeState.latencies ?? []), 250], node.nodeState.states?.api?.since],
	);
	const changed = firstNode({since: of(cycleS), lastCycles: of(cycleS)}, 3000);
	assert.equal(changed.nodeState.states?.api?.since, new Date(cycleS * 1000).toISOString());
});

test('an instance whose checks have stopped is unknown although it is still scraped', async t => {
	const stopped = (answers: unknown): unknown => {
		const {atMs, results} = answers as {readonly atMs: number; readonly results: object};
		const lastCycles = [{metric: {instance: 'one:8780', job: 'xmrtop'}, value: [0, String(atMs / 1000 - 300)]}];
		return {atMs, results: {...results, lastCycles}};
	};
	const nodes = await recordedNodes(t, stopped);
	assert.equal(nodes.get('one:8780/node-1')?.result?.details.state, 'unknown');
	assert.match(
		nodes.get('one:8780/node-1')?.result?.details.reason ?? '',
		/its checks have stopped, or its clock is behind$/,
	);
	assert.equal(nodes.get('one:8780')?.result?.details.state, 'down');
});

test('cleans labels and skips what is not a series', async t => {
	const nodes = await recordedNodes(t, answers => {
		const {atMs} = answers as {readonly atMs: number};
		const metric = {instance: 'one:1', node: 'a\u001B[31mb\u202E', group: '\u0007x', state: 'up'};
		const state = [
			{metric, value: [0, '1']},
			7,
			null,
			{},
			{metric: {state: 'up'}, value: [0, '1']},
			{metric, value: 'x'},
		];
		return {
			atMs,
			results: {
				state: state.filter(each => each !== null),
				facts: [{metric: {...metric, __proto__: null}, value: [0, 'NaN']}],
			},
		};
	});
	assert.deepEqual([...nodes.keys()], ['one:1/ab']);
	assert.equal(nodes.get('one:1/ab')?.node.group, 'x');
	assert.equal(nodes.get('one:1/ab')?.nodeState.states?.api, undefined, 'the answers have no start time');
});

for (const [what, listener, complaint] of [
	[
		'401',
		(_, response) => response.writeHead(401).end('no'),
		'login refused (HTTP 401): a login is required: use --token-file or --basic-auth-file',
	],
	[
		'404',
		(_, response) => response.writeHead(404).end('no'),
		'HTTP 404: Prometheus is not there, or it uses another path prefix',
	],
	[
		'a redirect',
		(_, response) => response.writeHead(302, {location: 'http://127.0.0.1:1/'}).end(),
		'HTTP 302: redirected to another address; use that one',
	],
	['a web page', (_, response) => response.end('<html>'), 'the server there is not Prometheus'],
	['another document', (_, response) => response.end('{"schema_version":1}'), 'the server there is not Prometheus'],
	[
		'a failing gateway',
		(_, response) => response.writeHead(502).end('bad'),
		'HTTP 502: the server there is not Prometheus',
	],
	[
		'a bad selector',
		(request, response) => {
			request.url?.includes('time') && !request.url.includes('monero')
				? replay(request, response)
				: response.writeHead(400).end(JSON.stringify(recorded['bad selector']));
		},
		'the selector is refused: invalid parameter "query": 1:25: parse error: error parsing regexp: missing closing ): `^(?:()$`',
	],
	[
		'an endless answer',
		(_, response) => {
			const pour = (): void => {
				while (!response.destroyed && response.write('"'.padEnd(65_536, 'x'))) {}
				response.once('drain', pour);
			};
			pour();
		},
		'its response exceeds 48 MiB',
	],
	[
		'control characters in an error',
		(_, response) => response.writeHead(503).end(JSON.stringify({status: 'error', error: 'x\u001B[31m\ny'})),
		'HTTP 503: x y',
	],
] as ReadonlyArray<readonly [string, RequestListener, string]>) {
	test(`${what} ends the connection with one sentence`, async t => {
		assert.equal(await firstOf(t, await prometheusAt(t, listener)), complaint);
	});
}

test('reports a timeout and a refused connection', async t => {
	const host = await prometheusAt(t, () => {});
	assert.equal(await firstOf(t, host, 50), 'no response within 0.05 seconds');
	assert.deepEqual(await readPrometheusHistory(host, {timeoutMs: 50}, access()), {
		complaint: 'no response within 0.05 seconds',
	});
	const nobody = {...host, base: 'http://127.0.0.1:1'};
	assert.equal(await firstOf(t, nobody), 'connection refused');
});

test('sends the login, and reports a wrong one', async t => {
	const given: Array<string | undefined> = [];
	const host = await prometheusAt(t, ({headers}, response) => {
		given.push(headers.authorization);
		response.writeHead(401).end();
	});
	const complaint = await firstOf(t, host, 60_000, 'Basic eDp5');
	assert.equal(complaint, 'login refused (HTTP 401): wrong token, user or password');
	assert.deepEqual(given, ['Basic eDp5']);
});
