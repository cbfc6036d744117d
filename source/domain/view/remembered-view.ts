import * as v from 'valibot';
import type {CheckMethod} from '../check-method.js';
import {parseDurationMs} from '../format.js';
import {anyObject, checkMethod} from '../schemas.js';

/** The view settings that are kept in view.json. */

/** The keys by which a table can be sorted. */
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

/** The ways to group the nodes of a table. */
export const groupings = ['none', 'daemon', 'group', 'host'] as const;

/** One of {@link groupings}. */
export type Grouping = (typeof groupings)[number];

/** A column that is always shown if there is room for it, or never. Other columns are shown depending on the width. */
export type ColumnChoice = 'shown' | 'hidden';

/** The view of the live table that is kept between runs. */
export interface RememberedView {
	readonly sort: SortKey;
	readonly inverted: boolean;
	readonly filter: string;
	readonly problems_only: boolean;
	readonly grouping: Grouping;
	/** By name of the column. */
	readonly columns: Readonly<Record<string, ColumnChoice>>;
	/** Default: the configured method. */
	readonly method?: CheckMethod;
	/** Duration text. Default: the configured interval. */
	readonly interval?: string;
	/** The filters that were used, the most recent one last. */
	readonly filter_history: readonly string[];
}

/** The default view. */
export const defaultRememberedView: RememberedView = {
	sort: 'state',
	inverted: false,
	filter: '',
	problems_only: false,
	grouping: 'none',
	columns: {},
	filter_history: [],
};

/** The maximum length of a filter, in characters. */
export const maxFilterLength = 200;
/** The maximum number of filters that are kept. */
export const maxFilterHistory = 50;

const isInterval = (ms = 0): boolean => ms >= 1000 && ms <= 86_400_000;

const filter = v.pipe(v.string(), v.maxLength(maxFilterLength));

/** The contents of view.json, with defaults for absent fields. Unknown fields are ignored. */
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

/** Adds a used filter to the end of the history, without duplicates. */
export function withFilter(history: readonly string[], used: string): readonly string[] {
	const text = used.trim();
	return text === '' ? history : [...history.filter(each => each !== text), text].slice(-maxFilterHistory);
}
