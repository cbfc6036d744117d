// Run by cron every few minutes: prints what has changed since the last run, and nothing otherwise, so that cron's mail is the report.
import {createMonitor} from 'xmrtop';

const monitor = createMonitor();
const before = new Map(monitor.listNodes().map(({id, worked_data: last}) => [id, last?.state]));
const {nodes} = await monitor.checkAllNodesStatus();
for (const {id, name, state, reason, message} of nodes) {
	if (state !== before.get(id)) {
		console.log(`${name}: ${before.get(id) ?? 'new'} -> ${state}: ${reason ?? message}`);
	}
}

await monitor.close();
