/**
 * Carries the lines of a frame past Ink: for each line Ink lays out one character, and what it stands for is kept here.
 *
 * Ink takes every character of every line apart and together again for each frame, 10 ms at 120x40 where the rest of a
 * frame takes 2 ms, and remembers every text it ever measured: a screen that ticks for weeks would never give that back.
 */
export interface LineBox {
	/** Takes a line in while Ink puts a frame together. @returns the character that stands for it */
	readonly put: (line: string) => string;
	/** Puts the lines in place of their characters, and forgets them. */
	readonly unpack: (frame: string) => string;
}

/** The first character of Unicode's private use area: no line begins with one. */
const firstCode = 0xe000;

export function createLineBox(): LineBox {
	let lines: string[] = [];
	return {
		put: line => {
			lines.push(line);
			return String.fromCharCode(firstCode + lines.length - 1);
		},
		unpack: frame => {
			const boxed = lines;
			lines = [];
			return frame
				.split('\n')
				.map(sign => boxed[sign.charCodeAt(0) - firstCode] ?? '')
				.join('\n');
		},
	};
}
