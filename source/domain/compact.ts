/** Fields that may be `undefined` become optional ones. */
type Compact<T> = {
	[K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
	[K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** An object without those of its fields that are `undefined`: what does not apply is absent. */
export function compact<T extends object>(fields: T): Compact<T> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Compact<T>;
}
