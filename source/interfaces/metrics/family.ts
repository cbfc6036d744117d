import type {Scene} from './scene.js';

/** One value under one set of labels. */
export interface Series {
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

/** All the series of one name. */
export interface Family {
	readonly name: string;
	readonly type: 'gauge' | 'counter';
	readonly help: string;
	readonly labelNames: readonly string[];
	/** What is not known has no series. */
	readonly seriesOf: (scene: Scene) => readonly Series[];
}

/** A number, a yes or no as 1 or 0, or what is not known. */
export type Reading = number | boolean | undefined;

/** A family with one series for every member that the value is known of. */
export function eachOf<T extends {readonly labels: Series['labels']}>(
	family: Pick<Family, 'name' | 'help' | 'labelNames'>,
	membersOf: (scene: Scene) => readonly T[],
	read: (member: T) => Reading,
): Family {
	return {
		...family,
		type: family.name.endsWith('_total') ? 'counter' : 'gauge',
		seriesOf: scene =>
			membersOf(scene).flatMap(member => {
				const value = Number(read(member) ?? Number.NaN);
				return Number.isFinite(value) ? [{labels: member.labels, value}] : [];
			}),
	};
}

/** Seconds, to the microsecond. */
export const seconds = (ms: number): number => Number((ms / 1000).toFixed(6));

/** Seconds since the epoch. @param iso ISO-8601 */
export const isoSeconds = (iso: string): number => Date.parse(iso) / 1000;
