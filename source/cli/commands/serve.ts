import {compact} from '../../domain/compact.js';
import {defaultListenAddress, parseListenAddress, parsePrefix} from '../../server/listening.js';
import {createFleetMetrics} from '../../server/metrics/fleet-metrics.js';
import type {Invocation, RunCommand} from '../command.js';
import {runLoop} from '../loop.js';
import {readToken} from '../run-settings.js';
import {alertsPart} from './alerts-part.js';
import {linePerTransition} from './watch.js';

/** The loop, and an HTTP server that answers from what it sees. */
export const runServe: RunCommand = async invocation => {
	const {flags, surroundings} = invocation;
	const listen = parseListenAddress(flags.text('listen') ?? defaultListenAddress);
	const prefix = prefixOf(invocation);
	const token = await readToken(invocation);
	const metrics = createFleetMetrics();
	const {httpPart} = await import('../../server/listening.js');
	const {nowMs, maxHttpConnections} = surroundings;
	const maxConnections = maxHttpConnections();
	const http = httpPart(compact({listen, prefix, metrics, nowMs, maxConnections, token}));
	const {onTransition, onResult} = metrics;
	const listeners = [linePerTransition(surroundings), {onTransition, onResult}, alertsPart(invocation)];
	return runLoop(invocation, [...listeners.filter(part => part !== undefined), http]);
};

function prefixOf({flags}: Invocation): string {
	const text = flags.text('prefix');
	return text === undefined ? '' : parsePrefix(text);
}
