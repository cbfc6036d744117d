import {connect} from 'node:net';
import type {ConnectTcp, TcpOutcome} from '../../domain/ports.js';
import {CallDeadline} from './deadline.js';
import {latencyClockMs} from './latency-clock.js';
import {type NetworkFailure, networkFailure} from './network-error.js';

/** Connects and closes at once, without sending a byte. */
export const connectTcp: ConnectTcp = ({host, port}, options) =>
	new Promise<TcpOutcome>(resolve => {
		const bounds = new CallDeadline(options);
		const end = (failure: NetworkFailure | undefined): void => {
			const latencyMs = latencyClockMs() - bounds.startedMs;
			bounds.release();
			socket?.destroy();
			resolve(failure ? {open: false, latencyMs, ...failure} : {open: true, latencyMs});
		};

		const socket = bounds.failure === undefined ? connect({host, port}) : undefined;
		socket?.on('connect', () => end(undefined)).on('error', error => end(networkFailure(error)));
		bounds.onGiveUp = end;
		if (bounds.failure) {
			end(bounds.failure);
		}
	});
