import {durationForm, parseDurationMs} from '../duration.js';
import {isCleanText} from '../text.js';

/** One field of a definition: what it allows, and how a value from JSON becomes it. */
export interface Field {
	/** What is allowed, as the end of an error message. */
	readonly allowed: string;
	/** The accepted value, or `undefined` when it is not allowed. */
	readonly parse: (value: unknown) => unknown;
	/** Whether an error may not repeat the value. Default: it may. */
	readonly isSecret?: (value: unknown) => boolean;
	/** Says which part of a value with parts is not allowed, as `part "value" is invalid: expected what is allowed`. */
	readonly explain?: (value: unknown) => string | undefined;
}

const maxTextLength = 100;
export const text: Field = {
	allowed: `1 to ${maxTextLength} characters, no control characters`,
	parse: value =>
		typeof value === 'string' && value.length > 0 && value.length <= maxTextLength && isCleanText(value)
			? value
			: undefined,
};
export const filePath: Field = {
	allowed: 'the path of a file, without control characters',
	// Definitions come from others too (import), and are shown on terminals.
	parse: value => (typeof value === 'string' && value.length > 0 && isCleanText(value) ? value : undefined),
};
export const environmentName: Field = {
	allowed: 'the name of an environment variable (letters, digits, _)',
	parse: value => (typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value) ? value : undefined),
	// What is refused here is often the password itself.
	isSecret: () => true,
};
export const userName: Field = {
	allowed: 'a user name without ":" or control characters',
	parse: value =>
		typeof value === 'string' && value.length > 0 && !value.includes(':') && isCleanText(value) ? value : undefined,
	// What is refused here is often `user:password`.
	isSecret: value => typeof value !== 'string' || value.includes(':'),
};
export const boolean: Field = {
	allowed: 'true or false',
	parse: value => (typeof value === 'boolean' ? value : undefined),
};
const maxTimeoutMs = 3_600_000;
export const timeout: Field = {
	allowed: `${durationForm}, at most 1h`,
	parse: value => {
		const ms = typeof value === 'string' ? parseDurationMs(value) : undefined;
		return ms !== undefined && ms <= maxTimeoutMs ? value : undefined;
	},
};
export const wholeNumber = (max: number): Field => ({
	allowed: `a whole number from 1 to ${max}`,
	parse: value => (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max ? value : undefined),
});
