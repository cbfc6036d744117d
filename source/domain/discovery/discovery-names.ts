import {nodeFields} from '../node/node-fields.js';
import type {RunningWallet} from '../ports.js';
import {unitRole} from '../systemd-unit.js';

/** The instance of a template unit: `wallet@refunds.service` is `refunds`. */
function instanceOf(unit: string): string | undefined {
	const instance = /@(.+)\.service$/.exec(unit)?.[1];
	return instance?.replace(/\\x([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * What a wallet may be called, best first: by its systemd unit, by its wallet file, by its port.
 * @param isOwnUnit whether the unit runs this wallet alone; one that runs several names none of them
 */
export function wordsFor({unit, wallet_file: file}: RunningWallet, isOwnUnit: boolean): string[] {
	// Others' services, such as a login's, are named after something else.
	const instance = unit === undefined || unitRole(unit) !== 'own' ? undefined : instanceOf(unit);
	const unitName = isOwnUnit ? unit?.replace(/@?\.service$/, '') : undefined;
	const fileName = file
		?.split('/')
		.findLast(part => part !== '')
		?.replace(/\.keys$/, '');
	return [instance ?? unitName, fileName].flatMap(text => validName(text ?? '') ?? []);
}

/** The first of these names that is free; when none is, the best one with the port, or with a number. */
export function freeName(words: readonly string[], wallet: RunningWallet, taken: ReadonlySet<string>): string {
	const port = wallet.definition?.port;
	const best = words[0] ?? (port === undefined ? `pid-${wallet.pid}` : `port-${port}`);
	const byPort = port === undefined || words.length === 0 ? [] : [withEnd(best, `-${port}`)];
	let name = [...words, best, ...byPort].find(candidate => !taken.has(candidate));
	for (let number = 2; name === undefined; number += 1) {
		const candidate = withEnd(best, `-${number}`);
		name = taken.has(candidate) ? undefined : candidate;
	}

	return name;
}

const maxLength = 64;
const withEnd = (name: string, end: string): string => name.slice(0, maxLength - end.length) + end;

/** Makes a text a node's name: other characters become `-`, and what is a number or a command's name gets a beginning. */
function validName(text: string): string | undefined {
	const name = text
		.replace(/[^\w.-]+/g, '-')
		.replace(/^[^A-Za-z\d]+|-+$/g, '')
		.slice(0, maxLength);
	return [name, `wallet-${name}`.slice(0, maxLength)].find(
		candidate => name !== '' && nodeFields.name.parse(candidate) !== undefined,
	);
}
