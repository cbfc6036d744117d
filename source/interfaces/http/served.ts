import type {Loop} from '../commands/loop.js';
import type {FleetMetrics} from '../metrics/fleet-metrics.js';
import type {FirstResults} from './first-results.js';
import type {FreshChecks} from './fresh-checks.js';
import type {StatusViews} from './status-view.js';

/** What the routes answer from. They check nothing and judge nothing. */
export interface Served extends Pick<Loop, 'watcher' | 'nodeStore' | 'resultStore'> {
	readonly fresh: FreshChecks;
	readonly views: StatusViews;
	readonly firstResults: FirstResults;
	readonly metrics: Pick<FleetMetrics, 'contentType' | 'text'>;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}
