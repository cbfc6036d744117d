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
		return `The wallet wrote its login to a file that this user can read. Use it: ${editNode(evidence, `--login-file ${shellWord(loginFile.path)}`)}`;
	}

	if (loginFile?.kind === 'unreadable') {
		return `The wallet wrote its login to ${loginFile.path}, which only its own user can read. Run xmrtop as that user, or use a copy: ${editNode(evidence, '--login-file F')}`;
	}

	return loginFile?.kind === 'missing'
		? `The wallet wrote no login file, so it was started with --rpc-login: ${givenLogin(evidence)}`
		: undefined;
}

/** What to do about each refusal. */
export const loginHints: Readonly<Record<LoginRefusal, (evidence: HintEvidence) => string>> = {
	none_given: evidence =>
		loginFileHint(evidence) ??
		`The wallet requires a login. Without --rpc-login it is in monero-wallet-rpc.${evidence.node.port}.login, in the folder the wallet was started in: ${editNode(evidence, '--login-file F')}`,
	wrong: evidence => {
		const {node, loginFile} = evidence;
		const {login_file: file} = node;
		// The file in use was just refused: naming it again is no help.
		const isOther = loginFile?.kind === 'readable' && loginFile.path !== file;
		if (isOther || (file !== undefined && loginFile?.kind === 'missing')) {
			return loginFileHint(evidence) ?? '';
		}

		return file === undefined
			? `User and password must match the wallet's --rpc-login. Try: ${givenLogin(evidence)}`
			: `The login in ${file} does not match this wallet: an old file remains after a kill. Look for a newer one in the folder where the wallet was started`;
	},
	stale: () =>
		'A proxy in front of the wallet spreads requests over several connections, but the login is valid for one only. Use its stream mode, or keep-alive for upstream connections',
	unreadable: unreadableSecret,
	unsupported: evidence =>
		`monero-wallet-rpc always offers Digest, so another service answers. Check the address: ${xmrtop(evidence, `nodes show ${evidence.node.name}`)}`,
};

/** The wallet answers; what it asks for cannot be read by this user. */
function unreadableSecret(evidence: HintEvidence): string {
	const {password_file: passwordFile, login_file: loginFile, password_env: variable} = evidence.node;
	if (variable !== undefined) {
		return `The wallet requires a login. Set ${variable} in the environment of xmrtop, or use a file: ${editNode(evidence, '--password-file F')}`;
	}

	if (loginFile !== undefined) {
		return (
			loginFileHint(evidence) ??
			`The wallet requires a login, but its login file cannot be used here. A wallet writes that file at its start and removes it at its end. Check it: ${lookAtFile(loginFile)}`
		);
	}

	return `The wallet requires a login. Make its password file readable by the user that runs xmrtop: ${lookAtFile(passwordFile ?? '')}`;
}
