import {version} from '../version.js';
import {daemonFamilies} from './daemon-families.js';
import {eachOf, type Family, type Reading, seconds} from './family.js';
import {nodeFamilies} from './node-families.js';
import type {Scene} from './scene.js';

/** A family about xmrtop itself. */
function ofItself(name: string, help: string, read: (scene: Scene) => Reading): Family {
	const itself = (scene: Scene) => [{labels: {}, scene}];
	return eachOf({name: `xmrtop_${name}`, help, labelNames: []}, itself, ({scene}) => read(scene));
}

/** What is told of xmrtop. */
const ownFamilies: readonly Family[] = [
	ofItself(
		'last_cycle_timestamp_seconds',
		'Timestamp of the end of the last check cycle.',
		({snapshot: {lastCycle}}) => lastCycle && lastCycle.endedAtMs / 1000,
	),
	ofItself(
		'cycle_duration_seconds',
		'Duration of the last check cycle.',
		({snapshot: {lastCycle}}) => lastCycle && seconds(lastCycle.durationMs),
	),
	ofItself('interval_seconds', 'Interval between check cycles.', ({snapshot}) => seconds(snapshot.intervalMs)),
	{
		name: 'xmrtop_build_info',
		type: 'gauge',
		help: 'Constant 1, labelled with the version of xmrtop.',
		labelNames: ['version'],
		seriesOf: () => [{labels: {version}, value: 1}],
	},
];

/** Every metric, in the order they stand. What serves them and the README's table both read this one. */
export const families: readonly Family[] = [...nodeFamilies, ...daemonFamilies, ...ownFamilies];
