import type {NodeDefinition, Tls} from '../node/node.js';
import type {SettingName} from '../settings.js';

type TextField = Exclude<
	keyof NodeDefinition,
	'available' | 'disabled_until' | 'tls' | 'daemon_tls' | 'expect_wallet' | 'password'
>;
type TlsField = `${'tls' | 'daemon_tls'}.${Exclude<keyof Tls, 'insecure'>}`;
type SwitchField = 'tls' | 'expect_wallet' | `${'tls' | 'daemon_tls'}.insecure`;

/** A field of a node's definition that a person can set. */
export type NodeField = TextField | TlsField | SwitchField | 'password';

/**
 * New values of fields, in the order in which they are shown. A word in capitals is a placeholder that the user replaces.
 * `password: 'typed'`: the user is asked for it.
 */
export type NodeChanges = Readonly<
	Partial<Record<TextField | TlsField, string | number> & Record<SwitchField, boolean> & {password: 'typed'}>
>;

/** An option of the program as a whole. */
export type ProgramOption = 'listen' | 'prefix' | 'token' | 'token-file' | 'prometheus-login';

/** Something a user can do with xmrtop about a finding. The user interface decides how it is written as a command. */
export type Remedy =
	/** Watch a node until it works again. */
	| {readonly kind: 'watch-node'; readonly node: string}
	/** Show how a node is configured. */
	| {readonly kind: 'show-node'; readonly node: string}
	| {readonly kind: 'edit-node'; readonly node: string; readonly changes: NodeChanges}
	/** Without a name and changes: the command in general. */
	| {readonly kind: 'add-node'; readonly node?: string; readonly changes?: NodeChanges}
	/** Set this field, with any command that changes the fields of a node. */
	| {readonly kind: 'set-field'; readonly field: NodeField}
	| {readonly kind: 'set-setting'; readonly setting: SettingName; readonly value: string}
	/** Start the program with this option. `token`: a bearer token, in any form that the program accepts. */
	| {readonly kind: 'set-option'; readonly option: ProgramOption};

/** A remedy that names a field in a sentence. */
export function setField(field: NodeField): Remedy {
	return {kind: 'set-field', field};
}

/** Writes a remedy as the user would type it. */
export type RenderRemedy = (remedy: Remedy) => string;

/** A sentence that may contain remedies. */
export type Advice = string | ReadonlyArray<string | Remedy>;

/** A template tag that builds a sentence from text, remedies and other sentences. */
export function advice(
	texts: TemplateStringsArray,
	...parts: ReadonlyArray<Advice | Remedy | number | undefined>
): Advice {
	return texts.flatMap((text, index) => {
		const part = parts[index] ?? '';
		return [text, ...(Array.isArray(part) ? (part as ReadonlyArray<string | Remedy>) : [partOf(part as Remedy)])];
	});
}

const partOf = (part: string | number | Remedy): string | Remedy => (typeof part === 'number' ? String(part) : part);

/** A sentence as text, with its remedies written as commands. */
export function adviceText(sentence: Advice, renderRemedy: RenderRemedy): string {
	return typeof sentence === 'string'
		? sentence
		: sentence.map(part => (typeof part === 'string' ? part : renderRemedy(part))).join('');
}
