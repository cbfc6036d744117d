/** Makes fields that may be `undefined` optional. */
type Compact<T> = {
	[K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
	[K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * Removes the fields of an object that are `undefined`, so that what does not apply is absent. The other fields keep their
 * order.
 */
export function compact<const T extends object>(fields: T): Compact<T> {
	const kept: Record<string, unknown> = {};
	for (const name in fields) {
		if (fields[name] !== undefined) {
			kept[name] = fields[name];
		}
	}

	return kept as Compact<T>;
}
