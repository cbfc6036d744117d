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
 * New values of fields, in the order in which they are shown. A word in capitals stands for what a person has to find out.
 * `password: 'typed'`: the person enters it.
 */
export type NodeChanges = Readonly<
	Partial<Record<TextField | TlsField, string | number> & Record<SwitchField, boolean> & {password: 'typed'}>
>;

/** What a person can give to the program as a whole. */
export type ProgramOption = 'listen' | 'prefix' | 'token' | 'token-file' | 'prometheus-login';

/** Something a person can do with xmrtop about what was found. How it is typed is for the user interface to say. */
export type Remedy =
	/** Look at a node until it is well again. */
	| {readonly kind: 'watch-node'; readonly node: string}
	/** Look at how a node is configured. */
	| {readonly kind: 'show-node'; readonly node: string}
	| {readonly kind: 'edit-node'; readonly node: string; readonly changes: NodeChanges}
	/** Without a name and changes: the command as such. */
	| {readonly kind: 'add-node'; readonly node?: string; readonly changes?: NodeChanges}
	/** Set this field, in whatever command sets others too. */
	| {readonly kind: 'set-field'; readonly field: NodeField}
	| {readonly kind: 'set-setting'; readonly setting: SettingName; readonly value: string}
	/** Give this to the program when it is started. `token`: a bearer token, in whatever way it takes one. */
	| {readonly kind: 'set-option'; readonly option: ProgramOption};

/** Names a field in a sentence. */
export function setField(field: NodeField): Remedy {
	return {kind: 'set-field', field};
}

/** Writes a remedy as a person would type it. */
export type RenderRemedy = (remedy: Remedy) => string;

/** A sentence that may hold remedies. */
export type Advice = string | ReadonlyArray<string | Remedy>;

/** Builds a sentence from text, remedies and other sentences: a tag of template literals. */
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

/** A sentence as it is published. */
export function adviceText(sentence: Advice, renderRemedy: RenderRemedy): string {
	return typeof sentence === 'string'
		? sentence
		: sentence.map(part => (typeof part === 'string' ? part : renderRemedy(part))).join('');
}
