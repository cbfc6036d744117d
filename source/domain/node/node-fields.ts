import {daemonForm, daemonText, noDaemon, parseDaemonAddress, parseHost} from '../daemon-address.js';
import {durationForm, parseDurationMs} from '../duration.js';
import {commandNames} from '../words.js';
import {boolean, environmentName, type Field, filePath, text, timeout, userName, wholeNumber} from './field-kinds.js';
import type {NodeDefinition} from './node.js';
import {explainTls, parseTls, tlsForm} from './tls-field.js';

/** The name of a field of a definition. */
export type FieldName = keyof NodeDefinition;

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Every field of a definition. A field without its row does not compile. */
export const nodeFields: Readonly<Record<FieldName, Field>> = {
	name: {
		allowed: "1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit, not all digits and not a command's name",
		parse: value => (typeof value === 'string' && isNodeName(value) ? value : undefined),
	},
	title: text,
	group: text,
	host: {
		allowed: 'an IPv4 address, an IPv6 address or a DNS name',
		parse: value => (typeof value === 'string' ? parseHost(value) : undefined),
	},
	port: wholeNumber(65_535),
	path: {
		allowed: 'a URL path starting with "/", without spaces or "#"',
		parse: value => (typeof value === 'string' && /^\/[!"$-~]*$/.test(value) ? value : undefined),
	},
	tls: {allowed: tlsForm, parse: parseTls, explain: value => explainTls(value)},
	username: userName,
	password: {
		allowed: '1 to 1024 characters on one line',
		parse: value =>
			typeof value === 'string' && value.length > 0 && value.length <= 1024 && !/[\n\r\0]/.test(value)
				? value
				: undefined,
		isSecret: () => true,
	},
	password_file: filePath,
	password_env: environmentName,
	login_file: filePath,
	daemon: {
		allowed: daemonForm,
		parse: value => {
			if (typeof value !== 'string' || value.toLowerCase() === noDaemon) {
				return typeof value === 'string' ? noDaemon : undefined;
			}

			const address = parseDaemonAddress(value);
			return address && daemonText(address);
		},
		// The user and password of a URL stand in front of an @.
		isSecret: value => typeof value !== 'string' || value.includes('@'),
	},
	daemon_username: userName,
	daemon_password_file: filePath,
	daemon_password_env: environmentName,
	daemon_tls: {allowed: tlsForm, parse: parseTls, explain: value => explainTls(value, 'daemon_tls')},
	pid: wholeNumber(2 ** 31 - 1),
	pid_file: filePath,
	expect_wallet: boolean,
	timeout,
	busy_max: {
		allowed: durationForm,
		parse: value => (typeof value === 'string' && parseDurationMs(value) !== undefined ? value : undefined),
	},
	available: boolean,
	disabled_until: {
		allowed: 'a time such as 2026-11-23T20:00:00.000Z',
		parse: value =>
			typeof value === 'string' && isoTime.test(value) && !Number.isNaN(Date.parse(value))
				? new Date(value).toISOString()
				: undefined,
	},
};

function isNodeName(value: string): boolean {
	return (
		/^[A-Za-z\d][\w.-]{0,63}$/.test(value) &&
		!/^\d+$/.test(value) &&
		!(commandNames as readonly string[]).includes(value)
	);
}
