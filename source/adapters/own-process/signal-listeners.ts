import {constants} from 'node:os';

/** Every signal listener at this moment. */
export function currentSignalListeners(): ReadonlyArray<
	readonly [signal: NodeJS.Signals, listener: NodeJS.SignalsListener]
> {
	return (Object.keys(constants.signals) as NodeJS.Signals[]).flatMap(signal =>
		(process.rawListeners(signal) as NodeJS.SignalsListener[]).map(listener => [signal, listener] as const),
	);
}

/** The listeners when this module was first evaluated. */
export const listenersAtLoad = currentSignalListeners();
