const leastMs = 15_000;
/** A slow connection may need more until the first document, but no more than this. */
const mostFirstMs = 60_000;
/** After the first document nothing is known yet of the time until the next: intervals of a minute or two are usual. */
const secondMs = 150_000;
const mostMs = 3_600_000;
const periods = 3;

/** How long a host may say nothing: learned from the time between its documents. */
export interface SilenceLimit {
	/** A line to it begins. */
	readonly begun: () => void;
	/** A document came. */
	readonly heard: () => void;
	/** The time allowed was over before anything came. */
	readonly wasSilent: () => void;
	/** Milliseconds from now. */
	readonly allowedMs: () => number;
	/** Milliseconds between the last two documents of one line. */
	readonly periodMs: () => number | undefined;
	/** Milliseconds since the epoch. */
	readonly heardAtMs: () => number | undefined;
}

/** @param answerMs how long the first document of the first line may take, in milliseconds */
export function createSilenceLimit(nowMs: () => number, answerMs: number): SilenceLimit {
	let heardAtMs: number | undefined;
	let periodMs: number | undefined;
	let documents = 0;
	let firstMs = answerMs;
	let patienceMs = secondMs;
	return {
		begun: () => {
			documents = 0;
		},
		heard: () => {
			const at = nowMs();
			if (documents > 0 && heardAtMs !== undefined) {
				periodMs = at - heardAtMs;
			}

			heardAtMs = at;
			documents += 1;
		},
		wasSilent: () => {
			// It may merely be slower than was thought: next time more is allowed.
			if (documents === 0) {
				firstMs = Math.max(firstMs, Math.min(mostFirstMs, firstMs * 2));
			} else if (documents === 1 && periodMs === undefined) {
				patienceMs = Math.min(mostMs, patienceMs * 2);
			} else if (documents === 1) {
				// What was learned on an earlier line does not hold any more.
				periodMs = undefined;
			}
		},
		allowedMs: () => {
			if (documents === 0) {
				return firstMs;
			}

			return periodMs === undefined ? patienceMs : Math.min(mostMs, Math.max(leastMs, periods * periodMs));
		},
		periodMs: () => periodMs,
		heardAtMs: () => heardAtMs,
	};
}
