// Ink reads the styles and the width of every text anew for every frame, though most texts of a frame were in the one before:
// four fifths of what a frame of the live table costs. What it has read is kept from one frame to the next here.
import {rewriting} from './trimmed-dependencies.js';

/** Characters of texts that are kept, about 6 MB of them: more than twice what a screen of 250x70 cells needs. */
const mostKept = 100_000;

const outputCuts = [
	['    caches = new OutputCaches();', '    caches = cachesOfLastFrame();'],
	[
		'export default class Output {',
		`let kept = new OutputCaches();
const cachesOfLastFrame = () => (kept = kept.characters > ${mostKept} ? new OutputCaches() : kept);
export default class Output {`,
	],
	['    styledChars = new Map();', '    styledChars = new Map();\n    characters = 0;'],
	[
		'            this.styledChars.set(line, cached);',
		'            this.styledChars.set(line, cached);\n            this.characters += line.length;',
	],
	// One line needs no taking apart and putting together.
	[
		'let lines = characterLines.map(line => styledCharsToString(line));',
		"let lines = text.includes('\\n') ? characterLines.map(line => styledCharsToString(line)) : [text];",
	],
];

/** The layout has measured the same text before, and Ink keeps that. */
const measureCuts = [
	["import widestLine from 'widest-line';", "import measureText from './measure-text.js';"],
	['const currentWidth = widestLine(text);', 'const currentWidth = measureText(text).width;'],
];

/** An esbuild plugin that makes Ink keep it. The build fails when Ink no longer looks as expected. */
export const inkCaches = rewriting('ink-caches', [
	{filter: /[\\/]ink[\\/]build[\\/]output\.js$/, name: 'Ink', cuts: outputCuts},
	{filter: /[\\/]ink[\\/]build[\\/]render-node-to-output\.js$/, name: 'Ink', cuts: measureCuts},
]);
