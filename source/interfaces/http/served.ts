import type {FleetSnapshot} from '../../domain/fleet.js';
import type {Loop} from '../commands/loop.js';
import type {FirstResults} from './first-results.js';
import type {FreshChecks} from './fresh-checks.js';
import type {StatusViews} from './status-view.js';

/** The metrics as Prometheus reads them. */
export interface MetricsText {
	readonly contentType: string;
	readonly text: (snapshot: FleetSnapshot) => Promise<string>;
}

/** What the routes answer from. They check nothing and judge nothing. */
export interface Served extends Pick<Loop, 'watcher' | 'nodeStore' | 'resultStore'> {
	readonly fresh: FreshChecks;
	readonly views: StatusViews;
	readonly firstResults: FirstResults;
	readonly metrics?: MetricsText;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}
