import {InputError} from '../../domain/input-error.js';
import {shellWord} from '../../domain/shell-word.js';
import {exposureOf} from '../network/secret-exposure.js';
import {readSecretFile} from '../secret-file.js';

const maxUrlLength = 8192;

/** Where alerts are posted to. A secret as a whole: no message holds any part of it. */
export interface WebhookTarget {
	readonly url: string;
	/** What the user information of the URL becomes. */
	readonly authorization?: string;
}

/**
 * Reads a webhook's URL: the first line of a file.
 * @param onNote told when others can read the file
 * @throws InputError
 */
export async function readWebhookFile(file: string, onNote: (note: string) => void): Promise<WebhookTarget> {
	const read = await readSecretFile(file, 'URL');
	if ('error' in read) {
		throw new InputError('bad_usage', `--webhook-file ${file} cannot be used: ${read.error}`);
	}

	const target = parseWebhookUrl(read.text.trimStart().split('\n')[0] ?? '', `--webhook-file ${file}`);
	const who = exposureOf(file);
	if (who) {
		onNote(`--webhook-file ${file} can be read by ${who}; try: chmod 600 ${shellWord(file)}`);
	}

	return target;
}

/**
 * Takes a webhook's URL apart.
 * @param where it is from, for errors
 * @throws InputError, without the URL
 */
export function parseWebhookUrl(text: string, where: string): WebhookTarget {
	const trimmed = text.trim();
	if (trimmed === '') {
		throw new InputError('bad_usage', `${where} is empty: expected an http or https URL`);
	}

	const url = trimmed.length <= maxUrlLength && URL.canParse(trimmed) ? new URL(trimmed) : undefined;
	if (!url || !['http:', 'https:'].includes(url.protocol)) {
		throw new InputError('bad_usage', `${where} does not contain a valid http or https URL`);
	}

	const {username, password} = url;
	if (username === '' && password === '') {
		return {url: url.href};
	}

	url.username = '';
	url.password = '';
	const login = `${decoded(username)}:${decoded(password)}`;
	return {url: url.href, authorization: `Basic ${Buffer.from(login).toString('base64')}`};
}

/** A part of a URL as it was meant; one that is no escaped text is taken as it is. */
function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
