// Writes THIRD-PARTY-NOTICES: the licence of every package whose code is in the bundles.
import {readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';

const licenceFile = /^(?:licen[cs]es?|copying|notice)(?:[-.]|$)/i;

/**
 * @param root the folder of the repository
 * @param metafiles esbuild's metafile of each bundle
 * @throws when a bundled package has neither a licence file nor a `license` field
 */
export async function writeNotices(root, metafiles) {
	const files = metafiles.flatMap(({outputs}) =>
		Object.values(outputs).flatMap(({inputs}) =>
			Object.entries(inputs).flatMap(([file, {bytesInOutput}]) => (bytesInOutput > 0 ? [file] : [])),
		),
	);
	const folders = [...new Set(files.flatMap(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))];
	const notices = await Promise.all(folders.map(folder => noticeOf(path.join(root, folder))));
	const text = [
		'xmrtop contains code of the packages below, under these licences.',
		...withSharedTexts([...new Set(notices)].toSorted()),
	].join(`\n\n${'-'.repeat(80)}\n\n`);
	await writeFile(path.join(root, 'THIRD-PARTY-NOTICES'), `${text}\n`);
}

/** The start of a licence text that many packages share, after the copyright line. */
const sharedText = /^[ \t]*(?:Permission is hereby granted, free of charge|Permission to use, copy, modify, and)/m;

/** Prints a licence text shared by several notices once, after the last of them. */
function withSharedTexts(notices) {
	const groups = new Map();
	for (const notice of notices) {
		const at = notice.search(sharedText);
		const [head, text] = at === -1 ? [notice, ''] : [notice.slice(0, at).trim(), notice.slice(at)];
		const key = at === -1 ? notice : text.replaceAll(/\s+/g, ' ').trim();
		const group = groups.get(key) ?? {heads: [], text};
		groups.set(key, {...group, heads: [...group.heads, head]});
	}

	const forAll = 'For each of the packages above, from the last line of dashes on:';
	return [...groups.values()].map(({heads, text}) =>
		[...heads, ...(heads.length > 1 ? [forAll] : []), text].join('\n\n').trim(),
	);
}

async function noticeOf(folder) {
	const {name, version, license, author} = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
	const names = (await readdir(folder)).filter(file => licenceFile.test(file)).toSorted();
	// meow bundles its dependencies and their licences in its own build.
	const carried = name === 'meow' ? ['build/licenses.md'] : [];
	const texts = await Promise.all([...names, ...carried].map(file => readFile(path.join(folder, file), 'utf8')));
	if (texts.length === 0 && typeof license !== 'string') {
		throw new Error(`${name} is bundled and names no licence`);
	}

	const holder = typeof author === 'string' ? author : author?.name;
	const short = `License: ${license}${holder === undefined ? '' : `\nCopyright: ${holder}`}`;
	return [`${name} ${version}`, ...(texts.length === 0 ? [short] : texts)]
		.map(part => part.replaceAll('\r\n', '\n').trim())
		.join('\n\n');
}
