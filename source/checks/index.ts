import type {CheckMethod} from '../domain/check-method.js';
import {checkApi} from './api.js';
import type {Check} from './check.js';
import {checkPid} from './pid.js';
import {checkPort} from './port.js';

/** How each method checks; a method without its check does not compile. */
export const checks: {readonly [M in CheckMethod]: Check<M>} = {
	pid: checkPid,
	port: checkPort,
	api: checkApi,
	// With its hints it is a tenth of the code that a start would load.
	full: async (node, context) => (await import('./full.js')).checkFull(node, context),
};
