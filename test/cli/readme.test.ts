import assert from 'node:assert/strict';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {addressedFiles, blocks, readPages, withAddress, withBlocks} from '../../scripts/readme-blocks.js';
import type {Command} from '../../source/cli/command.js';
import {commandTexts} from '../../source/cli/command-help.js';
import {commandTable, findCommand} from '../../source/cli/command-table.js';
import {parseCliArguments} from '../../source/cli/flags.js';
import {docsAddress, guideAddress} from '../../source/cli/help.js';

const pages = await readPages();

test('the tables of the README and the guides match the program (npm run readme writes them)', () => {
	for (const [file, text] of pages) {
		assert.equal(text, withBlocks(text), file);
	}

	for (const name of Object.keys(blocks)) {
		const places = pages.filter(([, text]) => text.includes(`<!-- ${name} -->`)).map(([file]) => file);
		assert.equal(places.length, 1, `${name} has its place in ${places.join(', ') || 'no page'}`);
	}
});

/** The anchor that GitHub makes of a heading. */
const anchorOf = (heading: string): string =>
	heading
		.toLowerCase()
		.replaceAll(/[^\p{L}\p{N} _-]/gu, '')
		.replaceAll(' ', '-');
const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '');
const linksOf = (text: string): string[] =>
	[...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
const isForeign = (link: string): boolean => /^[a-z]+:/.test(link);

test('every link has a target, and the README links to every guide', () => {
	const all = [...pages.map(([file]) => file), 'CONTRIBUTING.md', 'CHANGELOG.md', 'examples/README.md'];
	for (const file of all) {
		for (const link of linksOf(readFileSync(file, 'utf8')).filter(each => !isForeign(each))) {
			const [target = '', anchor] = link.split('#');
			const place = target === '' ? file : path.join(path.dirname(file), target);
			assert.ok(existsSync(place), `${file}: ${link}`);
			if (anchor !== undefined) {
				const headings = [...withoutCode(readFileSync(place, 'utf8')).matchAll(/^#+ (.*)$/gm)];
				assert.ok(
					headings.some(([, heading = '']) => anchorOf(heading) === anchor),
					`${file}: ${link}`,
				);
			}
		}
	}

	const linked = linksOf(pages[0]?.[1] ?? '');
	assert.deepEqual(
		readdirSync('docs').filter(name => name.endsWith('.md') && !linked.includes(`docs/${name}`)),
		[],
	);
});

test('the repository has one address, and every command has a guide', async () => {
	const {homepage, bugs, repository} = JSON.parse(readFileSync('package.json', 'utf8'));
	assert.deepEqual(
		[homepage, bugs.url, repository.url],
		[`${docsAddress}#readme`, `${docsAddress}/issues`, `git+${docsAddress}.git`],
	);
	const files = ['package.json', ...pages.map(([file]) => file), ...(await addressedFiles())];
	for (const file of files) {
		const text = readFileSync(file, 'utf8');
		assert.equal(text, withAddress(text), `${file}: npm run readme writes the address of source/cli/help.ts`);
	}

	assert.equal(
		withAddress('git+https://github.com/somebody/xmrtop.git and https://github.com/somebody/xmrtop-other'),
		`git+${docsAddress}.git and https://github.com/somebody/xmrtop-other`,
	);
	for (const words of Object.keys(commandTable)) {
		const guide = guideAddress(words).replace(`${docsAddress}/blob/main/`, '');
		assert.ok(existsSync(guide), `${words}: ${guide}`);
	}
});

test('the README has at most 160 lines', () => {
	assert.ok((pages[0]?.[1] ?? '').split('\n').length <= 160);
});

/** The words of one command in a shell line, without quotes, comments, redirections and the rest of a pipe. */
function wordsOf(text: string): string[] {
	const words: string[] = [];
	for (const [part] of text.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)) {
		if (/^(?:#|[|&;]|\d?[<>])/.test(part)) {
			break;
		}

		const word = part.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2').replace(/[;)]+$/, '');
		words.push(word);
	}

	return words;
}

/** Every call of xmrtop in the shell blocks of a page. */
function callsIn(text: string): string[] {
	const shell = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code).join('\n');
	return shell
		.split('\n')
		.filter(line => !line.startsWith('#'))
		.flatMap(line => [...line.matchAll(/(?:^|[|&;(] *|sudo )(xmrtop(?: .*)?)$/g)].map(([, call = '']) => call))
		.flatMap(call => call.split(/ (?:&&|\|\|) (?=xmrtop\b)/));
}

test('the program accepts every command line of the README, the guides and the help', () => {
	const shownInHelp = Object.entries(commandTexts).map(
		([words, {examples}]) => [`xmrtop ${words} --help`, `\`\`\`sh\n${examples.join('\n')}\n\`\`\``] as const,
	);
	const calls = [...pages, ...shownInHelp].flatMap(([file, text]) => callsIn(text).map(call => [file, call] as const));
	assert.ok(calls.length > 40, `${calls.length} calls`);
	for (const [file, call] of calls) {
		const parsed = parseCliArguments(wordsOf(call).slice(1));
		assert.deepEqual(parsed.unknown, [], `${file}: ${call}`);
		const {input, flags} = parsed;
		const found = input[0] === 'version' ? {words: '' as const, rest: []} : findCommand(input);
		assert.ok(found, `${file}: ${call}`);
		const command: Command = commandTable[found.words];
		assert.deepEqual(
			flags.given.filter(name => !command.flags.includes(name)),
			[],
			`${file}: ${call}`,
		);
		const [least, most] = command.input;
		assert.ok(found.rest.length >= least && found.rest.length <= most, `${file}: ${call}`);
	}
});

test('notices a call with a mistake', () => {
	assert.deepEqual(callsIn('```sh\nxmrtop a # b\nx | xmrtop nodes import -\nsource <(xmrtop completion bash)\n```'), [
		'xmrtop a # b',
		'xmrtop nodes import -',
		'xmrtop completion bash)',
	]);
	assert.deepEqual(wordsOf("xmrtop silence 'a b' --for 2h >x"), ['xmrtop', 'silence', 'a b', '--for', '2h']);
	assert.deepEqual(parseCliArguments(['status', '--metod']).unknown, ['--metod']);
});
