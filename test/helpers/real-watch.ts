import assert from 'node:assert/strict';
import type {TestContext} from 'node:test';
import {openPorts} from '../../source/adapters/open-ports.js';
import {createChecker} from '../../source/application/checker.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import type {CheckMethod} from '../../source/domain/check-method.js';
import type {FullDetails, ResultOf} from '../../source/domain/check-result.js';
import type {ConnectionStep} from '../../source/domain/facts.js';
import type {Node} from '../../source/domain/node/node.js';
import {parseNodeDefinition} from '../../source/domain/node/parse-node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import {findTransition, type Transition} from '../../source/domain/past/transition.js';
import {resolveSettings, type SettingTexts} from '../../source/domain/settings.js';
import type {State} from '../../source/domain/state.js';
import type {RealDaemon, RealServer} from './real-monero.js';

/** Watches nodes as the program does, with one checker that remembers results. */
export interface RealWatch {
	readonly check: <M extends CheckMethod>(node: Node, method: M) => Promise<ResultOf<M>>;
	/** Checks nodes in one cycle. */
	readonly cycle: <M extends CheckMethod>(nodes: readonly Node[], method: M) => Promise<ReadonlyArray<ResultOf<M>>>;
	readonly memoryOf: (node: Node) => NodeState;
	/** Changes the remembered state of a node, as if time had passed. */
	readonly setMemory: (node: Node, nodeState: NodeState) => void;
	readonly transitions: readonly Transition[];
	/** Closes all connections; also called after the test. */
	readonly close: () => void;
}

/** Opens a watch with the real ports. */
export function openWatch(t: TestContext, fleet: readonly Node[] = [], settings: SettingTexts = {}): RealWatch {
	const ports = openPorts({renderRemedy});
	t.after(ports.close);
	const nodeStates = new Map<number, NodeState>();
	const transitions: Transition[] = [];
	const recall = (id: number): NodeState => nodeStates.get(id) ?? {};
	const checker = createChecker({ports, settings: resolveSettings({texts: settings, where: 'test'}), recall});
	const cycle: RealWatch['cycle'] = async (nodes, method) => {
		const opened = checker.openCycle([...nodes, ...fleet.filter(({id}) => nodes.every(node => node.id !== id))]);
		return Promise.all(
			nodes.map(async node => {
				const result = await checker.check(node, method, opened);
				const transition = findTransition(recall(node.id), {node, result});
				nodeStates.set(node.id, recordResult(recall(node.id), result));
				if (transition) {
					transitions.push(transition);
				}

				return result;
			}),
		);
	};

	return {
		check: async (node, method) => {
			const [result] = await cycle([node], method);
			assert.ok(result);
			return result;
		},
		cycle,
		memoryOf: ({id}) => recall(id),
		setMemory: ({id}, nodeState) => void nodeStates.set(id, nodeState),
		transitions,
		close: ports.close,
	};
}

let lastId = 0;

/** A node definition for a real wallet or any other server. */
export function nodeOf({endpoint}: Pick<RealServer, 'endpoint'>, fields: Partial<Node> & {of?: RealDaemon} = {}): Node {
	const {of: daemon, id: _, ...more} = fields;
	lastId += 1;
	const {port, tls, login = {}} = endpoint;
	const definition = {
		name: `node-${lastId}`,
		port,
		...(tls ? {tls} : {}),
		...login,
		// Without a daemon from the test, the wallet's own daemon is a port without a listener, which must not be checked.
		daemon: daemon?.address ?? 'none',
		...more,
	};
	return {id: lastId, ...parseNodeDefinition(JSON.parse(JSON.stringify(definition)), 'test')};
}

/** The expected result of a `full` check. */
export interface Verdict {
	readonly state: State;
	readonly message: string;
	/** Absent: no reason is expected. */
	readonly reason?: RegExp;
	/** Absent: no hint is expected. */
	readonly hint?: RegExp;
	/** The first failed connection step; absent: none fails. */
	readonly broken?: ConnectionStep['rung'];
}

/** Asserts that a `full` result is as expected. */
export function assertVerdict({status, details}: ResultOf<'full'>, expected: Verdict): FullDetails {
	const shown = JSON.stringify({...details, checks: undefined});
	assert.deepEqual([details.state, details.message], [expected.state, expected.message], shown);
	assert.equal(status, expected.state === 'up' || expected.state === 'degraded');
	assertText(details.reason, expected.reason, shown);
	assertText(details.hint, expected.hint, shown);
	assert.equal(details.rungs.find(({state}) => state === 'broken')?.rung, expected.broken, shown);
	return details;
}

function assertText(text: string | undefined, expected: RegExp | undefined, shown: string): void {
	if (expected) {
		assert.match(text ?? '', expected, shown);
	} else {
		assert.equal(text, undefined, shown);
	}
}
