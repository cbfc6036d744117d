import {InputError} from '../../domain/input-error.js';
import {exposureWarning} from '../../domain/secret-files.js';
import {cleanText, shown} from '../../domain/text.js';
import type {Invocation} from '../command.js';

/** What can be sent after `Authorization: Bearer`. */
const sendable = /^[\x21-\x7E]{1,4096}$/;
const allowed = 'one word of at most 4096 printable ASCII characters';

/**
 * The bearer token of a run: the first line of `--token-file`, else `XMRTOP_TOKEN`; `undefined` when there is none.
 * Warns when others may read the file.
 * @throws InputError when the file cannot be read or what it holds is no token; the message never holds it
 */
export async function readToken({flags, surroundings}: Invocation): Promise<string | undefined> {
	const path = flags.text('token-file');
	if (path === undefined) {
		const {XMRTOP_TOKEN: text = ''} = surroundings.env;
		return text === '' ? undefined : tokenIn(text, 'environment variable XMRTOP_TOKEN');
	}

	if (path === '') {
		throw new InputError('bad_usage', '--token-file "" is invalid: expected the path of a file');
	}

	const read = await surroundings.readSecretFile(path, 'token');
	if ('error' in read) {
		throw new InputError('bad_usage', `--token-file ${shown(path)} cannot be used: ${read.error}`);
	}

	const token = tokenIn(read.text, `--token-file ${shown(path)}`);
	if (read.exposure) {
		const warning = exposureWarning('--token-file', path, read.exposure);
		surroundings.stderr.write(`xmrtop: ${cleanText(warning, 4000)}\n`);
	}

	return token;
}

function tokenIn(text: string, where: string): string {
	const token = text.split('\n', 1)[0]?.trim() ?? '';
	if (!sendable.test(token)) {
		throw new InputError('bad_usage', `${where} contains no token: expected ${allowed}`);
	}

	return token;
}
