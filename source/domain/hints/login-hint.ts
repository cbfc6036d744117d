import type {LoginRefusal} from '../ports.js';
import {shellWord} from '../shell-word.js';
import {editNode, xmrtop} from './commands.js';
import type {HintEvidence} from './hint.js';
import {lookAtFile} from './own-hint.js';

const givenLogin = (evidence: HintEvidence): string => editNode(evidence, '--username U --password-stdin');

/** Where a wallet that was given no login keeps the one it made. `undefined` when that is not seen. */
function loginFileHint(evidence: HintEvidence): string | undefined {
	const {loginFile} = evidence;
	if (loginFile?.kind === 'readable') {
		return `The wallet wrote its login to a file this user can read. Use it: ${editNode(evidence, `--login-file ${shellWord(loginFile.path)}`)}`;
	}

	if (loginFile?.kind === 'unreadable') {
		return `The wallet wrote its login to ${loginFile.path}, which only its own user may read. Run xmrtop as that user, or hand it a copy: ${editNode(evidence, '--login-file F')}`;
	}

	return loginFile?.kind === 'missing'
		? `The wallet wrote no login file, so it was started with --rpc-login: ${givenLogin(evidence)}`
		: undefined;
}

/** What to do about each refusal. */
export const loginHints: Readonly<Record<LoginRefusal, (evidence: HintEvidence) => string>> = {
	none_given: evidence =>
		loginFileHint(evidence) ??
		`The wallet wants a login. Without --rpc-login it is in monero-wallet-rpc.${evidence.node.port}.login, in the folder the wallet was started in: ${editNode(evidence, '--login-file F')}`,
	wrong: evidence => {
		const {node, loginFile} = evidence;
		const {login_file: file} = node;
		// The file in use was just refused: naming it again is no help.
		const isOther = loginFile?.kind === 'readable' && loginFile.path !== file;
		if (isOther || (file !== undefined && loginFile?.kind === 'missing')) {
			return loginFileHint(evidence) ?? '';
		}

		return file === undefined
			? `User and password must be those of the wallet's --rpc-login. Try: ${givenLogin(evidence)}`
			: `The login in ${file} is not this wallet's: a kill leaves an old file behind. Look for a newer one where the wallet was started`;
	},
	stale: () =>
		'A proxy in front of the wallet spreads requests over several connections, and the login belongs to one. Use its stream mode, or keep upstream connections',
	unreadable: unreadableSecret,
	unsupported: evidence =>
		`monero-wallet-rpc always offers Digest, so something else answers. Check the address: ${xmrtop(evidence, `nodes show ${evidence.node.name}`)}`,
};

/** The wallet answers; what it asks for cannot be read by this user. */
function unreadableSecret(evidence: HintEvidence): string {
	const {password_file: passwordFile, login_file: loginFile, password_env: variable} = evidence.node;
	if (variable !== undefined) {
		return `The wallet asks for its login. Set ${variable} where xmrtop is started, or give a file: ${editNode(evidence, '--password-file F')}`;
	}

	if (loginFile !== undefined) {
		return (
			loginFileHint(evidence) ??
			`The wallet asks for its login, and the file of it cannot be used here. A wallet writes that file when it starts and removes it when it ends. Look at it: ${lookAtFile(loginFile)}`
		);
	}

	return `The wallet asks for its login. Make the file of its password readable for the user that xmrtop runs as: ${lookAtFile(passwordFile ?? '')}`;
}
