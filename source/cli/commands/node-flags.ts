import type {NodeDefinition, Tls} from '../../domain/node/node.js';
import type {FlagName, GivenFlags} from '../flags.js';

/** How a flag becomes the value of a field; `undefined` clears the field. */
type FieldOf = (text: string) => unknown;

const asText: FieldOf = text => (text === '' ? undefined : text);
/** Text that is no number stays text, so that the field's own check refuses it in its own words. */
const asNumber: FieldOf = text => (text === '' ? undefined : /^\d{1,15}$/.test(text) ? Number(text) : text);

/** The flags that set a field of the same meaning. */
const textFlags = {
	name: ['name', asText],
	port: ['port', asNumber],
	host: ['host', asText],
	path: ['path', asText],
	username: ['username', asText],
	'password-env': ['password_env', asText],
	'password-file': ['password_file', asText],
	'login-file': ['login_file', asText],
	'login-config': ['login_config', asText],
	proxy: ['proxy', asText],
	daemon: ['daemon', asText],
	'daemon-username': ['daemon_username', asText],
	'daemon-password-env': ['daemon_password_env', asText],
	'daemon-password-file': ['daemon_password_file', asText],
	'daemon-proxy': ['daemon_proxy', asText],
	pid: ['pid', asNumber],
	'pid-file': ['pid_file', asText],
	group: ['group', asText],
	title: ['title', asText],
	timeout: ['timeout', asText],
	'busy-max': ['busy_max', asText],
} as const satisfies Partial<Record<FlagName, readonly [keyof NodeDefinition, FieldOf]>>;

/** Fields a command line sets or clears (`undefined`), not yet checked. */
export type FieldChanges = Readonly<Partial<Record<keyof NodeDefinition, unknown>>>;

const passwordFields = ['password', 'password_env', 'password_file', 'login_file', 'login_config'] as const;

/**
 * The changes that flags make to a definition. A new source of the password takes the place of the old one.
 * @param before the definition that is changed; absent when a node is added
 * @param password what was read for `--password-stdin`
 */
export function nodeChangesFromFlags(flags: GivenFlags, before?: NodeDefinition, password?: string): FieldChanges {
	const changes: Partial<Record<keyof NodeDefinition, unknown>> = {};
	for (const [flag, [field, fieldOf]] of Object.entries(textFlags)) {
		const text = flags.text(flag as keyof typeof textFlags);
		if (text !== undefined) {
			changes[field] = fieldOf(text);
		}
	}

	if (password !== undefined) {
		changes.password = password;
	}

	const expectWallet = flags.isOn('expect-wallet');
	if (expectWallet !== undefined) {
		changes.expect_wallet = expectWallet;
	}

	return {
		...replacedPasswords(changes, before),
		...changes,
		...tlsChange(flags, before?.tls),
		...daemonTlsChange(flags, before?.daemon_tls),
	};
}

/** When one source of the password is given, the others are cleared; a login file brings its own user. */
function replacedPasswords(changes: FieldChanges, before: NodeDefinition | undefined): FieldChanges {
	const given = passwordFields.filter(field => changes[field] !== undefined);
	if (!before || given.length === 0) {
		return {};
	}

	const cleared = Object.fromEntries(passwordFields.map(field => [field, undefined]));
	return given.includes('login_file') || given.includes('login_config') ? {...cleared, username: undefined} : cleared;
}

/** Any `--tls-*` implies `--tls`; an empty value clears one of its parts, `--no-tls` all of it. */
function tlsChange(flags: GivenFlags, before: Tls | undefined): FieldChanges {
	const isOn = flags.isOn('tls');
	const caFile = flags.text('tls-ca-file');
	const fingerprint = flags.text('tls-fingerprint');
	const insecure = flags.isOn('tls-insecure');
	if (isOn === false) {
		return {tls: undefined};
	}

	if (isOn === undefined && caFile === undefined && fingerprint === undefined && insecure === undefined) {
		return {};
	}

	return {tls: withParts(before, {caFile, fingerprint, insecure})};
}

/** The same for the daemon, where none of the parts is nothing at all: its address says whether it speaks https. */
function daemonTlsChange(flags: GivenFlags, before: Tls | undefined): FieldChanges {
	const caFile = flags.text('daemon-tls-ca-file');
	const fingerprint = flags.text('daemon-tls-fingerprint');
	const insecure = flags.isOn('daemon-tls-insecure');
	if (caFile === undefined && fingerprint === undefined && insecure === undefined) {
		return {};
	}

	const tls = withParts(before, {caFile, fingerprint, insecure});
	return {daemon_tls: Object.keys(tls).length === 0 ? undefined : tls};
}

interface TlsParts {
	readonly caFile: string | undefined;
	readonly fingerprint: string | undefined;
	readonly insecure: boolean | undefined;
}

function withParts(before: Tls | undefined, {caFile, fingerprint, insecure}: TlsParts): object {
	const parts = {
		...before,
		...(caFile === undefined ? {} : {ca_file: asText(caFile)}),
		...(fingerprint === undefined ? {} : {fingerprint: asText(fingerprint)}),
		...(insecure === undefined ? {} : {insecure: insecure || undefined}),
	};
	return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}
