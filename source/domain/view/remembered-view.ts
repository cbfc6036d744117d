import * as v from 'valibot';
import type {CheckMethod} from '../check-method.js';
import {parseDurationMs} from '../format.js';
import {anyObject, checkMethod} from '../schemas.js';

/** How a person last looked at the fleet: what view.json holds. */

/** What a table can be sorted by. */
export const sortKeys = [
	'state',
	'name',
	'group',
	'host',
	'version',
	'latency',
	'lag',
	'since',
	'uptime',
	'cpu',
] as const;

/** One of {@link sortKeys}. */
export type SortKey = (typeof sortKeys)[number];

/** What the nodes of a table can be grouped by. */
export const groupings = ['none', 'daemon', 'group', 'host'] as const;

/** One of {@link groupings}. */
export type Grouping = (typeof groupings)[number];

/** A column that is always there where its width allows it, or never. Others come and go with the room there is. */
export type ColumnChoice = 'shown' | 'hidden';

/** The view of a person, kept from one run to the next. */
export interface RememberedView {
	readonly sort: SortKey;
	readonly inverted: boolean;
	readonly filter: string;
	readonly problems_only: boolean;
	readonly grouping: Grouping;
	/** By the name of the column. */
	readonly columns: Readonly<Record<string, ColumnChoice>>;
	/** Absent: the configured one. */
	readonly method?: CheckMethod;
	/** Duration text; absent: the configured one. */
	readonly interval?: string;
	/** The filters that were used, the last one last. */
	readonly filter_history: readonly string[];
}

/** The view of somebody who has not chosen anything. */
export const defaultRememberedView: RememberedView = {
	sort: 'state',
	inverted: false,
	filter: '',
	problems_only: false,
	grouping: 'none',
	columns: {},
	filter_history: [],
};

/** Characters of a filter. */
export const maxFilterLength = 200;
/** Filters that are kept. */
export const maxFilterHistory = 50;

const isInterval = (ms = 0): boolean => ms >= 1000 && ms <= 86_400_000;

const filter = v.pipe(v.string(), v.maxLength(maxFilterLength));

/** What view.json holds, with defaults for what is absent. Fields of other versions are passed over. */
export const rememberedView: v.GenericSchema<unknown, RememberedView> = v.pipe(
	anyObject,
	v.object({
		sort: v.optional(v.picklist(sortKeys), 'state'),
		inverted: v.optional(v.boolean(), false),
		filter: v.optional(filter, ''),
		problems_only: v.optional(v.boolean(), false),
		grouping: v.optional(v.picklist(groupings), 'none'),
		columns: v.optional(v.record(v.string(), v.picklist(['shown', 'hidden'])), {}),
		method: v.exactOptional(checkMethod),
		interval: v.exactOptional(
			v.pipe(
				v.string(),
				v.check(text => isInterval(parseDurationMs(text))),
			),
		),
		filter_history: v.optional(v.pipe(v.array(filter), v.maxLength(maxFilterHistory)), []),
	}),
) as unknown as v.GenericSchema<unknown, RememberedView>;

/** Whether two views are the same. */
export function isSameView(a: RememberedView, b: RememberedView): boolean {
	return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(view: RememberedView): unknown {
	const columns = Object.entries(view.columns).sort(([a], [b]) => (a < b ? -1 : 1));
	return Object.entries({...defaultRememberedView, ...view, columns}).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The history after a filter was used: it is the last, and there once. */
export function withFilter(history: readonly string[], used: string): readonly string[] {
	const text = used.trim();
	return text === '' ? history : [...history.filter(each => each !== text), text].slice(-maxFilterHistory);
}
