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
		about: 'every node: what `status --json` prints',
		answer: answerFleetStatus,
	},
	{
		path: '/nodes/:node/status',
		isUnderPrefix: true,
		query: ['fresh=1'],
		about: 'one node, by id or name: its result `{status, details}`; 404 when there is none',
		answer: answerNodeStatus,
	},
	{
		path: '/nodes/history',
		isUnderPrefix: true,
		query: ['limit=N'],
		about: 'uptime, outages and changes: what `history --json` prints',
		answer: answerHistory,
	},
	{
		path: '/health',
		isUnderPrefix: true,
		query: ['fail_on=degraded', 'fail_on=down', 'fresh=1'],
		about: '200 when nothing is at or beyond `fail_on` (default failed); else, and when results are old, 503 and why',
		answer: answerHealth,
	},
	{
		path: '/livez',
		isUnderPrefix: false,
		isOpen: true,
		query: [],
		about: '200 while the program runs; needs no token',
		answer: answerLivez,
	},
	{
		path: '/metrics',
		isUnderPrefix: false,
		query: [],
		about: 'the metrics for Prometheus',
		answer: answerMetrics,
	},
];
