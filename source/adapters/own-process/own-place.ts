import {existsSync} from 'node:fs';
import type {OwnPlace} from '../../domain/ports.js';

/** Says where this program runs. Looked up once. @param configDir the folder that a flag named */
export function createOwnPlace(configDir: string | undefined): () => OwnPlace {
	let known: OwnPlace | undefined;
	return () => {
		if (!known) {
			const uid = process.geteuid?.();
			known = {
				...(uid === undefined ? {} : {uid}),
				// What sd_booted(3) looks at.
				hasSystemd: existsSync('/run/systemd/system'),
				...(configDir ? {configDir} : {}),
			};
		}

		return known;
	};
}
