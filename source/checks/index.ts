import type {CheckMethod} from '../domain/check-method.js';
import {checkApi} from './api.js';
import type {Check} from './check.js';
import {checkPid} from './pid.js';
import {checkPort} from './port.js';

/** The check of each method; a method without one does not compile. */
export const checks: {readonly [M in CheckMethod]: Check<M>} = {
	pid: checkPid,
	port: checkPort,
	api: checkApi,
	// Loaded on demand: with its hints it is a tenth of the code that would be loaded at start.
	full: async (node, context) => (await import('./full.js')).checkFull(node, context),
};
