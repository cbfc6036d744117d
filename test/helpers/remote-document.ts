import assert from 'node:assert/strict';
import {parseConnectHosts} from '../../source/cli/commands/hosts.js';
import type {FleetNode} from '../../source/domain/fleet.js';
import {parseRemoteStatus} from '../../source/domain/remote/parse-documents.js';
import {remoteNode} from '../../source/domain/remote/remote-nodes.js';
import {statusDocument} from '../../source/domain/status-document.js';
import {fleetNode, fleetNowMs} from './fleet-fixture.js';

const [host] = parseConnectHosts(['ssh://db1']);
assert.ok(host);
/** The first host of `--connect`. */
export const remotePlace = {host, index: 0};

// biome-ignore lint/suspicious/noExplicitAny: the tests break documents in every way.
export type Json = any;

/** The status document of a host with a node that is up, one that is down, and one with a problem of its daemon. */
export function documentOf(): Json {
	const nodes = [
		fleetNode({name: 'hot-1'}),
		fleetNode({name: 'cold-1', state: 'down', reason: 'connection refused'}, 1),
		fleetNode({name: 'far-1', state: 'degraded', reason: 'behind', causedBy: '127.0.0.1:18081'}, 2),
	];
	const finished = {method: 'api', checkedAtMs: fleetNowMs, durationMs: 3, nodes} as const;
	return JSON.parse(JSON.stringify(statusDocument(finished)));
}

/** The nodes in a document of that host; none if it cannot be read. */
export const nodesOf = (value: unknown): FleetNode[] => {
	const read = parseRemoteStatus(value);
	return 'problem' in read ? [] : read.document.nodes.map(report => remoteNode(remotePlace, report, undefined));
};
