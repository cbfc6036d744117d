import {compact} from '../../domain/compact.js';
import {defaultListenAddress, parseHttpPrefix, parseListenAddress} from '../../server/listening.js';
import {createFleetMetrics} from '../../server/metrics/fleet-metrics.js';
import type {OwnProcess} from '../../server/metrics/samples.js';
import type {Invocation, RunCommand} from '../command.js';
import {runCommandLoop} from '../loop.js';
import {renderRemedy} from '../render-remedy.js';
import {readTokenFlag} from '../run-settings.js';
import {alertsLoopPart, livenessLoopParts} from './outbound-parts.js';
import {transitionLinesPart} from './watch.js';

/** Runs the loop and an HTTP server that answers from its results. */
export const runServe: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const listen = parseListenAddress(flags.text('listen') ?? defaultListenAddress, renderRemedy);
	const prefix = prefixOf(invocation);
	const token = await readTokenFlag(invocation);
	const metrics = createFleetMetrics({nowMs: surroundings.nowMs, ownProcess});
	const {createHttpServerPart} = await import('../../server/listening.js');
	const {nowMs, maxHttpConnections} = surroundings;
	const maxConnections = maxHttpConnections();
	const http = createHttpServerPart(compact({listen, prefix, metrics, nowMs, maxConnections, token, renderRemedy}));
	const {onTransition, onResult, begin} = metrics;
	const listeners = [transitionLinesPart(surroundings), {onTransition, onResult, begin}, alertsLoopPart(invocation)];
	const parts = [...listeners.filter(part => part !== undefined), http, ...livenessLoopParts(invocation)];
	return runCommandLoop(invocation, parts);
};

function prefixOf({flags}: Invocation): string {
	const text = flags.text('prefix');
	return text === undefined ? '' : parseHttpPrefix(text, renderRemedy);
}

/** The processor time and memory that xmrtop itself uses. */
function ownProcess(): OwnProcess {
	const {user, system} = process.cpuUsage();
	return {
		cpuS: (user + system) / 1_000_000,
		residentBytes: process.memoryUsage.rss(),
		startedAtS: performance.timeOrigin / 1000,
	};
}
