/** A promise and the ways to settle it. */
export interface Deferred {
	readonly promise: Promise<void>;
	readonly resolve: () => void;
	readonly reject: (error: unknown) => void;
}

export function deferred(): Deferred {
	let resolve: Deferred['resolve'] = () => {};
	let reject: Deferred['reject'] = () => {};
	const promise = new Promise<void>((onEnd, onError) => {
		resolve = onEnd;
		reject = onError;
	});
	return {promise, resolve, reject};
}
