import {after} from 'node:test';
import {openPorts} from '../../source/adapters/open-ports.js';
import {createChecker} from '../../source/application/checker.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import type {CheckMethod} from '../../source/domain/check-method.js';
import type {ResultOf} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import {parseNodeDefinition} from '../../source/domain/node/parse-node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {Ports} from '../../source/domain/ports.js';
import {resolveSettings, type SettingTexts} from '../../source/domain/settings.js';

/** The conditions of a check. */
export interface Circumstances {
	readonly settings?: SettingTexts;
	readonly nodeState?: NodeState;
	/** Used instead of `nodeState`. */
	readonly recallById?: (id: number) => NodeState;
	/** Other nodes of the fleet. */
	readonly others?: readonly Node[];
	/** Replacements for real ports. */
	readonly ports?: Partial<Ports>;
}

const real = openPorts({renderRemedy});
after(() => real.close());

/** The real ports, for tests that replace some of them. */
export const checkerPorts = (): Ports => real;

/** A stored node with the defaults. */
export function nodeAt(port: number, fields: Partial<Node> = {}): Node {
	const {id = 1, ...definition} = fields;
	return {id, ...parseNodeDefinition({name: `node-${id}`, port, ...definition}, 'test')};
}

/** A checker with the real ports. */
export function checkerWith({
	settings = {},
	nodeState = {},
	ports = {},
	recallById = () => nodeState,
}: Circumstances = {}) {
	return createChecker({
		ports: {...real, ...ports},
		settings: resolveSettings({texts: settings, where: 'test'}),
		recall: recallById,
	});
}

/** Checks one node once. */
export async function checkNode<M extends CheckMethod>(
	node: Node,
	method: M,
	circumstances: Circumstances = {},
): Promise<ResultOf<M>> {
	const checker = checkerWith(circumstances);
	return checker.check(node, method, checker.openCycle([node, ...(circumstances.others ?? [])]));
}
