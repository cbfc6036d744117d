import {parseDurationMs} from '../format.js';
import {type State, states} from '../state.js';
import {quoteValue} from '../text.js';

/**
 * The filter language: terms separated by spaces, all of which must match. A term is `field:value`, a comparison such as
 * `lag>5`, or text that is searched for in every field. A `!` before a term excludes what it matches; `"..."` quotes text
 * with spaces.
 */

/** The values of a node that a filter can match. An absent value is unknown and matches nothing. */
export interface FilterSubject {
	readonly name: string;
	readonly title?: string;
	readonly group?: string;
	/** The host that reported the node, otherwise the host on which it listens. */
	readonly host: string;
	/** `host:port`. */
	readonly address: string;
	readonly daemon?: string;
	/** In the usual notation: `0.18`, `1.29`. */
	readonly version?: string;
	readonly state: State;
	readonly disabled: boolean;
	/** The text in the MESSAGE column. */
	readonly message: string;
	readonly lagBlocks?: number;
	readonly latencyMs?: number;
	/** Milliseconds in its current state. */
	readonly forMs?: number;
	/** 100 is one core. */
	readonly cpuPercent?: number;
	/** 0 to 100, over 24 hours. */
	readonly uptimePercent?: number;
}

/** A parsed filter. */
export interface Filter {
	/** Whether a node matches. Invalid terms match every node. */
	readonly matches: (subject: FilterSubject) => boolean;
	/** One line that says what is wrong with the first invalid term, and what is allowed; absent if all are valid. */
	readonly problem?: string;
	/** Whether the result can change just because time passes. */
	readonly usesTime: boolean;
}

type Matches = Filter['matches'];
type Operator = ':' | '=' | '>' | '>=' | '<' | '<=';

/** A parsed term, or what is wrong with it. */
type Parsed = {readonly matches: Matches; readonly usesTime?: boolean} | {readonly problem: string};

interface FilterField {
	/** The allowed values, as the end of an error message. */
	readonly allowed: string;
	readonly parse: (operator: Operator, value: string) => Matches | undefined;
	readonly usesTime?: true;
}

/** A text field: `:` matches a part of it, `=` all of it. Several values are separated by commas; one of them must match. */
function textField(textOf: (subject: FilterSubject) => string | undefined): FilterField {
	return {
		allowed: 'text after : (a part of it) or = (all of it)',
		parse: (operator, value) => {
			const wanted = alternatives(value);
			if (wanted.length === 0 || (operator !== ':' && operator !== '=')) {
				return undefined;
			}

			return subject => {
				const text = textOf(subject)?.toLowerCase();
				return text !== undefined && wanted.some(each => (operator === '=' ? text === each : text.includes(each)));
			};
		},
	};
}

const comparisons: Readonly<Record<Operator, (a: number, b: number) => boolean>> = {
	':': (a, b) => a === b,
	'=': (a, b) => a === b,
	'>': (a, b) => a > b,
	'>=': (a, b) => a >= b,
	'<': (a, b) => a < b,
	'<=': (a, b) => a <= b,
};

function numberField(
	numberOf: (subject: FilterSubject) => number | undefined,
	parse: (text: string) => number | undefined,
	allowed: string,
): FilterField {
	return {
		allowed,
		parse: (operator, text) => {
			const wanted = parse(text);
			const holds = comparisons[operator];
			return wanted === undefined
				? undefined
				: subject => {
						const value = numberOf(subject);
						return value !== undefined && holds(value, wanted);
					};
		},
	};
}

const stateNames = [...states, 'disabled'] as const;
const stateName = ({state, disabled}: FilterSubject): string => (disabled ? 'disabled' : state);

/** The beginning of a state's name is enough, so that a filter already works while it is typed. */
const stateField: FilterField = {
	allowed: `one of ${stateNames.join(', ')}`,
	parse: (operator, value) => {
		const wanted = alternatives(value);
		const isKnown = wanted.every(each => stateNames.some(name => name.startsWith(each)));
		return wanted.length === 0 || !isKnown || (operator !== ':' && operator !== '=')
			? undefined
			: subject => wanted.some(each => stateName(subject).startsWith(each));
	},
};

const parseNumber = (text: string): number | undefined =>
	/^-?\d{1,12}(?:\.\d{1,6})?$/.test(text) ? Number(text) : undefined;
const parsePercent = (text: string): number | undefined => parseNumber(text.replace(/%$/, ''));
const dayMs = 86_400_000;

function parseSpanMs(text: string): number | undefined {
	const days = /^(\d{1,5})d$/.exec(text)?.[1];
	return days === undefined ? (text === '0' ? 0 : parseDurationMs(text)) : Number(days) * dayMs;
}

/** A version as a number, so that `1.9` is less than `1.10`. @returns `undefined` if the text is not a version */
export function versionNumber(text: string | undefined): number | undefined {
	const [, major, minor] = /^v?(\d{1,5})(?:\.(\d{1,5}))?/.exec(text ?? '') ?? [];
	return major === undefined ? undefined : Number(major) * 65_536 + Number(minor ?? 0);
}

const version = textField(subject => subject.version);
const versionOrder = numberField(
	subject => versionNumber(subject.version),
	text => (/^\d+(?:\.\d+)?$/.test(text) ? versionNumber(text) : undefined),
	'a version such as 1.29',
);

/** Every field, by the name used in filters. */
const filterFields: Readonly<Record<string, FilterField>> = {
	state: stateField,
	name: textField(({name}) => name),
	title: textField(({title}) => title),
	group: textField(({group}) => group),
	host: textField(({host}) => host),
	address: textField(({address}) => address),
	daemon: textField(({daemon}) => daemon),
	version: {
		allowed: versionOrder.allowed,
		parse: (operator, value) => (operator === ':' || operator === '=' ? version : versionOrder).parse(operator, value),
	},
	message: textField(({message}) => message),
	lag: numberField(
		({lagBlocks}) => lagBlocks,
		text => parseNumber(text.replaceAll(',', '')),
		'a number of blocks',
	),
	latency: numberField(
		({latencyMs}) => latencyMs,
		text => parseNumber(text) ?? parseSpanMs(text),
		'a duration such as 500ms or 2s',
	),
	for: {
		...numberField(({forMs}) => forMs, parseSpanMs, 'a duration such as 30s, 5m, 6h or 2d'),
		usesTime: true,
	},
	cpu: numberField(({cpuPercent}) => cpuPercent, parsePercent, 'a percentage; 100 is one core'),
	uptime: numberField(({uptimePercent}) => uptimePercent, parsePercent, 'a percentage such as 99.5'),
};

/** The fields and their allowed values, for the help and the README. */
export const filterFieldForms: ReadonlyArray<readonly [name: string, allowed: string]> = Object.entries(
	filterFields,
).map(([name, {allowed}]) => [name, allowed]);
/** The names of the fields. */
export const filterFieldNames: readonly string[] = Object.keys(filterFields);

/** Parses a filter. Never throws: an error is returned as `problem`. */
export function parseFilter(text: string): Filter {
	const parsed = termsIn(text).map(parseTerm);
	const terms = parsed.flatMap(term => ('matches' in term ? [term] : []));
	const problem = parsed.find(term => 'problem' in term);
	return {
		matches: subject => terms.every(({matches}) => matches(subject)),
		usesTime: terms.some(({usesTime}) => usesTime),
		...(problem && 'problem' in problem ? {problem: problem.problem} : {}),
	};
}

/** Splits at spaces outside quotes. The quotes are kept, so that quoted text is not read as a comparison. */
function termsIn(text: string): string[] {
	return text.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
}

function parseTerm(term: string): Parsed {
	const isExcluded = term.startsWith('!');
	const body = isExcluded ? term.slice(1) : term;
	const parsed = body === '' ? {matches: () => true} : (parseComparison(body) ?? {matches: anywhere(unquoted(body))});
	return isExcluded && body !== '' && 'matches' in parsed
		? {...parsed, matches: subject => !parsed.matches(subject)}
		: parsed;
}

/** @returns `undefined` if the term is text to search for in every field */
function parseComparison(body: string): Parsed | undefined {
	const [, word = '', operator, value = ''] = /^([a-z_]+)(:|>=|<=|=|>|<)(.*)$/is.exec(body) ?? [];
	if (operator === undefined) {
		return undefined;
	}

	const name = word.toLowerCase();
	const field = Object.hasOwn(filterFields, name) ? filterFields[name] : undefined;
	if (!field) {
		// `hot-1:18083`, `http://...` and `RPC_LOGIN=` are text.
		const isText = operator === '=' || (operator === ':' && /^(?:\d|\/|$)/.test(value));
		return isText
			? undefined
			: {problem: `${quoteValue(word)} is not a field of a filter: expected ${filterFieldNames.join(', ')}`};
	}

	const matches = field.parse(operator as Operator, unquoted(value));
	if (!matches) {
		const what = value === '' ? `${name}${operator} needs a value` : `${name}${operator}${value} is invalid`;
		return {problem: `${what}: expected ${field.allowed}`};
	}

	return {matches, ...(field.usesTime ? {usesTime: true} : {})};
}

const unquoted = (text: string): string => text.replaceAll('"', '');

const alternatives = (value: string): string[] => value.toLowerCase().split(',').filter(Boolean);

/** Matches a text in any field of a node. */
function anywhere(text: string): Matches {
	const wanted = text.toLowerCase();
	return subject => searchText(subject).includes(wanted);
}

/** The text to search in, cached because it is used again with every key that is typed. */
const searchTexts = new WeakMap<FilterSubject, string>();

function searchText(subject: FilterSubject): string {
	const known = searchTexts.get(subject);
	if (known !== undefined) {
		return known;
	}

	const {name, title, group, address, host, daemon, message, version: versionText} = subject;
	const text = [name, title, group, address, host, daemon, stateName(subject), message, versionText]
		.join('\n')
		.toLowerCase();
	searchTexts.set(subject, text);
	return text;
}
