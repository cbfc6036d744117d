import {type BigIntStats, statSync} from 'node:fs';

/** What changes whenever a file does: by a rename over it, a write into it, a change of its mode. */
export function stampOf({ino, size, mtimeNs, ctimeNs}: BigIntStats): string {
	return [ino, size, mtimeNs, ctimeNs].join(' ');
}

/** The stamp of a path; of what is missing or not to be reached, a stamp that no file has. */
export function stampOfPath(path: string): string {
	try {
		return stampOf(statSync(path, {bigint: true}));
	} catch {
		return 'none';
	}
}
