import type {TestContext} from 'node:test';
import {openDemoEndpoint} from '../../source/demo/endpoint.js';
import type {ScriptedNode} from '../../source/demo/scenarios.js';
import {type Behavior, createSimulatedServer} from '../../source/demo/shared-server.js';
import type {DemoContext, WalletPhase} from '../../source/demo/timeline.js';
import {RawConnection} from './raw-connection.js';

/** A demo stopped at this second of its time. */
export function worldFixture(seconds: number): DemoContext {
	return {startedAtMs: 1_795_465_000_000, seed: 1, nowMs: () => 1_795_465_000_000 + seconds * 1000};
}

/** A wallet of version 1.25 that stays in one phase. */
export function characterFixture(phase: WalletPhase): ScriptedNode {
	return {name: 'main', group: 'hot', version: 65_561, script: [[phase, 60]]};
}

/** Serves a behavior until the end of the test. */
export async function serve(test: TestContext, behavior: () => Behavior): Promise<{connect: () => RawConnection}> {
	const server = createSimulatedServer();
	const endpoint = await openDemoEndpoint({
		onConnection: socket => {
			server.serve(socket, behavior);
		},
	});
	test.after(endpoint.close);
	return {
		connect: () => {
			const connection = new RawConnection(endpoint.port);
			test.after(() => connection.destroy());
			return connection;
		},
	};
}
