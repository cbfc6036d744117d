import {InputError} from '../../domain/input-error.js';
import {shown} from '../../domain/text.js';

const segment = /^(?!\.{1,2}$)[\w.~-]+$/;

/**
 * Reads the path that routes are put under.
 * @throws InputError (`bad_usage`)
 */
export function parsePrefix(text: string): string {
	const [first, ...segments] = text.split('/');
	if (first !== '' || segments.length === 0 || text.length > 200 || !segments.every(each => segment.test(each))) {
		const allowed = 'a path such as /admin/monero, starting but not ending with /, with letters, digits, . _ ~ -';
		throw new InputError('bad_usage', `--prefix ${shown(text)} is invalid: expected ${allowed}`);
	}

	return text;
}
