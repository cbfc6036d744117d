import type {Node} from '../node/node.js';
import type {LoginRefusal} from '../ports.js';
import {shellWord} from '../shell-word.js';
import type {HintEvidence} from './hint.js';

const givenLogin = ({name}: Node): string => `xmrtop nodes edit ${name} --username U --password-stdin`;

/** Where a wallet that was given no login keeps the one it made. `undefined` when that is not seen. */
function loginFileHint({node, loginFile}: HintEvidence): string | undefined {
	if (loginFile?.kind === 'readable') {
		return `The wallet wrote its login to a file this user can read. Use it: xmrtop nodes edit ${node.name} --login-file ${shellWord(loginFile.path)}`;
	}

	if (loginFile?.kind === 'unreadable') {
		return `The wallet wrote its login to ${loginFile.path}, which only its own user may read. Run xmrtop as that user, or hand it a copy: xmrtop nodes edit ${node.name} --login-file F`;
	}

	return loginFile?.kind === 'missing'
		? `The wallet wrote no login file, so it was started with --rpc-login: ${givenLogin(node)}`
		: undefined;
}

/** What to do about each refusal. */
export const loginHints: Readonly<Record<LoginRefusal, (evidence: HintEvidence) => string>> = {
	none_given: evidence =>
		loginFileHint(evidence) ??
		`The wallet wants a login. Without --rpc-login it is in monero-wallet-rpc.${evidence.node.port}.login, in the folder the wallet was started in: xmrtop nodes edit ${evidence.node.name} --login-file F`,
	wrong: evidence => {
		const {node, loginFile} = evidence;
		const {login_file: file} = node;
		// The file in use was just refused: naming it again is no help.
		const isOther = loginFile?.kind === 'readable' && loginFile.path !== file;
		if (isOther || (file !== undefined && loginFile?.kind === 'missing')) {
			return loginFileHint(evidence) ?? '';
		}

		return file === undefined
			? `User and password must be those of the wallet's --rpc-login. Try: ${givenLogin(node)}`
			: `The login in ${file} is not this wallet's: a kill leaves an old file behind. Look for a newer one where the wallet was started`;
	},
	stale: () =>
		'A proxy in front of the wallet spreads requests over several connections, and the login belongs to one. Use its stream mode, or keep upstream connections',
	unreadable: ({node}) =>
		`Make the file or variable readable for this user, or give another: xmrtop nodes edit ${node.name} --password-file F`,
	unsupported: ({node}) =>
		`monero-wallet-rpc always offers Digest, so something else answers. Check the address: xmrtop nodes show ${node.name}`,
};
