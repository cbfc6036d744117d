// Ink parses the styles and measures the width of every text again in every frame, although most texts were also in the previous one.
// That is four fifths of the cost of a frame of the live table. These changes cache the results between frames.
import {rewriting} from './trimmed-dependencies.js';

/** How many characters of text are cached, about 6 MB: more than twice what a screen of 250x70 cells needs. */
const maxKept = 100_000;

const outputCuts = [
	['    caches = new OutputCaches();', '    caches = cachesOfLastFrame();'],
	[
		'export default class Output {',
		`let kept = new OutputCaches();
const cachesOfLastFrame = () => (kept = kept.characters > ${maxKept} ? new OutputCaches() : kept);
export default class Output {`,
	],
	['    styledChars = new Map();', '    styledChars = new Map();\n    characters = 0;'],
	[
		'            this.styledChars.set(line, cached);',
		'            this.styledChars.set(line, cached);\n            this.characters += line.length;',
	],
	// A single line need not be split and joined.
	[
		'let lines = characterLines.map(line => styledCharsToString(line));',
		"let lines = text.includes('\\n') ? characterLines.map(line => styledCharsToString(line)) : [text];",
	],
];

/** The layout has already measured the same text, and Ink caches that. */
const measureCuts = [
	["import widestLine from 'widest-line';", "import measureText from './measure-text.js';"],
	['const currentWidth = widestLine(text);', 'const currentWidth = measureText(text).width;'],
];

/** An esbuild plugin that adds the caches to Ink. The build fails if Ink's code is not as expected. */
export const inkCaches = rewriting('ink-caches', [
	{filter: /[\\/]ink[\\/]build[\\/]output\.js$/, name: 'Ink', cuts: outputCuts},
	{filter: /[\\/]ink[\\/]build[\\/]render-node-to-output\.js$/, name: 'Ink', cuts: measureCuts},
]);
