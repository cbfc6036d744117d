import type {Route} from './route.js';
import {answerFleetStatus} from './routes/fleet-status.js';
import {answerHealth} from './routes/health.js';
import {answerHistory} from './routes/history.js';
import {answerLivez} from './routes/livez.js';
import {answerMetrics} from './routes/metrics.js';
import {answerNodeStatus} from './routes/node-status.js';

/** Every route of the server. */
export const routeTable: readonly Route[] = [
	{
		path: '/nodes/status',
		isUnderPrefix: true,
		query: ['fresh=1'],
		about: 'all nodes, in the format of `status --json`',
		answer: answerFleetStatus,
	},
	{
		path: '/nodes/:node/status',
		isUnderPrefix: true,
		query: ['fresh=1'],
		about: 'the result `{status, details}` of one node, by id or name; 404 if there is none',
		answer: answerNodeStatus,
	},
	{
		path: '/nodes/history',
		isUnderPrefix: true,
		query: ['limit=N'],
		about: 'uptime, outages and changes, in the format of `history --json`',
		answer: answerHistory,
	},
	{
		path: '/health',
		isUnderPrefix: true,
		query: ['fail_on=degraded', 'fail_on=down', 'fresh=1'],
		about:
			'200 if no node is at or beyond `fail_on` (default failed); otherwise, or if results are old, 503 with the reason',
		answer: answerHealth,
	},
	{
		path: '/livez',
		isUnderPrefix: false,
		isOpen: true,
		query: [],
		about: '200 while the program runs; no token required',
		answer: answerLivez,
	},
	{
		path: '/metrics',
		isUnderPrefix: false,
		query: [],
		about: 'metrics for Prometheus',
		answer: answerMetrics,
	},
];
