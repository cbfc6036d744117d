import type {ColumnName} from '../../cli/reports/columns.js';
import type {State} from '../../domain/state.js';

/** What each state means. */
export const stateMeanings: Readonly<Record<State, string>> = {
	up: 'it works',
	degraded: 'it answers, but its daemon or wallet is behind, its daemon is gone, or it is slow',
	busy: 'it does not answer, but its process is working',
	unknown: 'not checked yet, or not checkable from here',
	down: 'it does not answer correctly, and no activity of its process explains it',
};

/** What each column of the table shows. */
export const columnMeanings: Readonly<Record<ColumnName, string>> = {
	state: 'the state by the check method at the top right',
	host: 'the host that reports the node',
	name: 'the name of the node',
	group: 'its group',
	address: 'where the wallet listens',
	daemon: 'its daemon',
	version: 'the RPC version it answered',
	latency: 'time of the last answer',
	lag: 'blocks behind the tip of the chain, wallet and daemon together; empty without an open wallet',
	for: 'time in this state',
	uptime: 'share of the monitored time of the last 24 hours in which it worked',
	height: 'the height of the wallet, else of the daemon',
	cpu: 'CPU usage of its process, if that is visible; 100 % is one core',
	memory: 'resident memory of its process, if that is visible',
	files: 'open files of its process and their limit, where a pid or full check counted them',
	recent: 'the states of the last checks, the newest on the right',
	trend: 'the latencies of the last answers, the newest on the right',
	message: 'what is wrong, or what answered',
};
