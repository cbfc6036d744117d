import {compact} from '../compact.js';
import {type Advice, advice, setField} from '../hints/remedy.js';
import type {NodeDefinition} from '../node/node.js';
import {nodeFields} from '../node/parse-node.js';
import type {LoginFileSearch, RunningWallet, UnreadableFact, WalletProcessFacts} from '../ports.js';
import {type WalletOptions, walletOptionText} from './wallet-options.js';

/** How a wallet can be logged in to. */
export interface LoginFinding {
	readonly fields: Pick<NodeDefinition, 'login_file'>;
	readonly shown: Pick<RunningWallet, 'login' | 'login_user'>;
	readonly obstacles: readonly Advice[];
	readonly unreadable: readonly UnreadableFact[];
	/** What must not be shown anywhere. */
	readonly secrets: readonly string[];
}

const nothing: LoginFinding = {fields: {}, shown: {}, obstacles: [], unreadable: [], secrets: []};

/** The file a wallet writes its login to when it was given none. */
export function discoveredLoginFileName(port: number): string {
	return `monero-wallet-rpc.${port}.login`;
}

/** How a wallet asks for a login. A password that was given to it is never copied: a person must say where it is kept. */
export function discoveredLogin(
	facts: WalletProcessFacts,
	options: WalletOptions,
	{isComplete, port}: {readonly isComplete: boolean; readonly port: number | undefined},
): LoginFinding {
	if (options.isOn('disable-rpc-login')) {
		return {...nothing, shown: {login: 'none'}};
	}

	const given = options.value('rpc-login');
	if (given !== undefined) {
		return givenLogin(given, options.sourceOf('rpc-login') ?? 'command line');
	}

	if (port === undefined || (!isComplete && facts.loginFile?.kind !== 'readable')) {
		return {...nothing, obstacles: isComplete ? [] : ['whether it requires a login is unknown']};
	}

	return byFile(facts, port);
}

function givenLogin(login: string, where: string): LoginFinding {
	const colon = login.indexOf(':');
	// Without a colon it is a user by the wallet's rules, and by a slip of a person's hand a password.
	const userName = nodeFields.username.parse(login.slice(0, Math.max(0, colon))) as string | undefined;
	const password = login.slice(colon + 1);
	return {
		...nothing,
		shown: compact({login: 'given', login_user: userName}),
		obstacles: [
			advice`the password is ${where === 'command line' ? 'on' : 'in'} the ${where}; xmrtop will not copy it: put it in a file (or a variable: ${setField('password_env')})`,
		],
		secrets: [login, password],
	};
}

type Explain = (facts: WalletProcessFacts, path: string) => LoginFinding;

const loginFindings: Readonly<Record<LoginFileSearch['kind'], Explain>> = {
	readable: (_, path) => ({...nothing, fields: {login_file: path}, shown: {login: 'login_file'}}),
	unreadable: (facts, path) => ({
		...nothing,
		fields: {login_file: path},
		shown: {login: 'login_file'},
		obstacles: [`its login is in ${path}, which this user cannot read`],
		unreadable: [{pid: facts.process.pid, what: `its login file ${path}`, needs: facts.right}],
	}),
	folder_hidden: (facts, name) => ({
		...nothing,
		obstacles: [
			advice`its login is probably in ${name} in its working folder, which this user cannot access: use ${{kind: 'add-node'}} with ${setField('login_file')}`,
		],
		unreadable: [{pid: facts.process.pid, what: `its working folder, where it writes ${name}`, needs: facts.right}],
	}),
	missing: (_, name) => ({
		...nothing,
		shown: {login: 'given'},
		obstacles: [
			`it requires a login from an unknown source (RPC_LOGIN?), and its working folder has no ${name}: put the password in a file`,
		],
	}),
	elsewhere: (_, path) => ({
		...nothing,
		shown: {login: 'login_file'},
		obstacles: [`its login is in ${path} in its own file system (a container?)`],
	}),
	foreign: (_, path) => ({
		...nothing,
		obstacles: [`${path} does not belong to the wallet's user, so it is not used as its login`],
	}),
};

function byFile(facts: WalletProcessFacts, port: number): LoginFinding {
	const search: LoginFileSearch = facts.loginFile ?? {kind: 'folder_hidden'};
	return loginFindings[search.kind](facts, 'path' in search ? search.path : discoveredLoginFileName(port));
}

/** How a wallet's RPC speaks TLS. `isComplete`: nothing that may say so was unreadable. */
export function discoveredTls(
	{pinnableFingerprint: fingerprint}: Pick<WalletProcessFacts, 'pinnableFingerprint'>,
	options: WalletOptions,
	isComplete: boolean,
): {
	readonly fields: Pick<NodeDefinition, 'tls'>;
	readonly shown: Pick<RunningWallet, 'tls'>;
	readonly notes: readonly Advice[];
	readonly obstacles: readonly Advice[];
} {
	const mode = modeOf(options, isComplete);
	if (mode !== 'enabled') {
		return {fields: {}, shown: mode === undefined ? {} : {tls: mode}, notes: [], obstacles: []};
	}

	const pin =
		options.value('rpc-ssl-certificate') === undefined
			? advice`it creates a new certificate at every start: set ${walletOptionText('rpc-ssl-certificate')} and pin that certificate with ${setField('tls.fingerprint')}`
			: advice`its certificate is verified with the CA certificates of this system: pin it with ${setField('tls.fingerprint')} if that fails`;
	return {
		fields: {tls: fingerprint === undefined ? {} : {fingerprint}},
		shown: {tls: mode},
		notes: fingerprint === undefined ? [pin] : [],
		obstacles: asksForCertificate(options) ? ['it requires a client certificate, which xmrtop does not support'] : [],
	};
}

function asksForCertificate(options: WalletOptions): boolean {
	return (['rpc-ssl-ca-certificates', 'rpc-ssl-allowed-fingerprints'] as const).some(name => options.value(name));
}

function modeOf(options: WalletOptions, isComplete: boolean): RunningWallet['tls'] {
	const given = options.value('rpc-ssl')?.trim();
	if (given === 'enabled' || given === 'disabled' || given === 'autodetect') {
		return given;
	}

	return asksForCertificate(options) ? 'enabled' : isComplete ? 'autodetect' : undefined;
}
