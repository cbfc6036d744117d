import {parseDurationMs} from '../format.js';
import {type State, states} from '../state.js';
import {quoteValue} from '../text.js';

/**
 * The language of filters: terms separated by spaces, all of which must match. A term is `field:value`, a comparison such as
 * `lag>5`, or text that is looked for everywhere. `!` in front excludes what the term matches; `"..."` keeps spaces together.
 */

/** What a filter can ask of a node. Absent values are not known and match nothing. */
export interface FilterSubject {
	readonly name: string;
	readonly title?: string;
	readonly group?: string;
	/** The host that reported the node, else where it listens. */
	readonly host: string;
	/** `host:port`. */
	readonly address: string;
	readonly daemon?: string;
	/** As people write it: `0.18`, `1.29`. */
	readonly version?: string;
	readonly state: State;
	readonly disabled: boolean;
	/** What the MESSAGE column says. */
	readonly message: string;
	readonly lagBlocks?: number;
	readonly latencyMs?: number;
	/** Milliseconds in its present state. */
	readonly forMs?: number;
	/** 100 is one core. */
	readonly cpuPercent?: number;
	/** 0 to 100, over 24 hours. */
	readonly uptimePercent?: number;
}

/** What was typed as a filter, understood. */
export interface Filter {
	/** Whether a node is listed. Terms with a problem match everything. */
	readonly matches: (subject: FilterSubject) => boolean;
	/** What is wrong with the first bad term and what is allowed, in one line; absent when nothing is. */
	readonly problem?: string;
	/** Whether the outcome changes with time alone. */
	readonly usesTime: boolean;
}

type Matches = Filter['matches'];
type Operator = ':' | '=' | '>' | '>=' | '<' | '<=';

/** A term understood, or what is wrong with it. */
type Parsed = {readonly matches: Matches; readonly usesTime?: boolean} | {readonly problem: string};

interface FilterField {
	/** What a value may be, as the end of an error message. */
	readonly allowed: string;
	readonly parse: (operator: Operator, value: string) => Matches | undefined;
	readonly usesTime?: true;
}

/** Text: `:` finds a part, `=` the whole; any of several values separated by commas. */
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

/** The beginning of a state's name is enough, so that a filter works while it is typed. */
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

/** `1.9` before `1.10`. @returns `undefined` for what is no version */
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

/** Every field, by the name that is typed. */
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

/** The fields and what each takes, for the README. */
export const filterFieldForms: ReadonlyArray<readonly [name: string, allowed: string]> = Object.entries(
	filterFields,
).map(([name, {allowed}]) => [name, allowed]);
/** The names of the fields. */
export const filterFieldNames: readonly string[] = Object.keys(filterFields);

/** Reads a filter. Never throws: what is wrong is its `problem`. */
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

/** Splits at spaces outside quotes. The quotes stay: what they hold is text. */
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

/** @returns `undefined` for what is text to look for everywhere */
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

/** Whether a text is somewhere in what is known of a node. */
function anywhere(text: string): Matches {
	const wanted = text.toLowerCase();
	return subject => searchText(subject).includes(wanted);
}

/** Each is put together once, while a filter is typed. */
const searchTexts = new WeakMap<FilterSubject, string>();

function searchText(subject: FilterSubject): string {
	const known = searchTexts.get(subject);
	if (known !== undefined) {
		return known;
	}

	const {name, title, group, address, host, daemon, message, version: told} = subject;
	const text = [name, title, group, address, host, daemon, stateName(subject), message, told].join('\n').toLowerCase();
	searchTexts.set(subject, text);
	return text;
}
