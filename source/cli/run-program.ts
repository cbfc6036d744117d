import {version} from '../application/version.js';
import {schemaVersion} from '../domain/check-method.js';
import {InputError, type InputErrorCode} from '../domain/input-error.js';
import {cleanText, didYouMean, quoteValue} from '../domain/text.js';
import type {Command, ProgramSurroundings} from './command.js';
import {type CommandWords, commandTable, findCommand, firstWords, listSubcommands} from './command-table.js';
import {flagSpelling, type ParsedArguments, parseCliArguments} from './flags.js';
import {writeJson, writeNote} from './output.js';

/** Exit codes of a failed run. */
const exitCode = {badInput: 2, internalError: 70} as const;

/**
 * Runs xmrtop once.
 * @param argv the arguments, without the program's name
 * @param saveCrash saves the details of an internal error; resolves with the file's path, or `undefined` if it cannot
 * @returns the exit code; never rejects
 */
export async function runProgram(
	argv: readonly string[],
	surroundings: ProgramSurroundings,
	saveCrash: (details: string, stateDir: string | undefined) => Promise<string | undefined>,
): Promise<number> {
	// Arguments after `--` are not flags.
	const end = argv.indexOf('--');
	const flags = argv.slice(0, end === -1 ? undefined : end);
	const form: ErrorForm = flags.includes('--nagios')
		? 'nagios'
		: flags.includes('--json') || flags.includes('--ndjson')
			? 'json'
			: 'text';
	let stateDir: string | undefined;
	try {
		const parsed = parseCliArguments(argv);
		stateDir = parsed.flags.text('state-dir') || parsed.flags.text('config-dir');
		return await dispatch(parsed, surroundings);
	} catch (error) {
		if (error instanceof InputError) {
			return reportError(surroundings, form, error.code, error.message);
		}

		const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
		const report = `xmrtop ${version}, Node.js ${process.versions.node}\n${details}\n`;
		// If the details cannot be saved, the error line is still printed.
		const place = await saveCrash(report, stateDir).catch(() => undefined);
		const what = `internal error: ${cleanText(error instanceof Error ? error.message : String(error))}`;
		const where = place === undefined ? '' : `; details: ${place}`;
		return reportError(surroundings, form, 'internal_error', what + where);
	}
}

/** The output format of an error. */
type ErrorForm = 'text' | 'json' | 'nagios';

/** @returns the exit code */
async function reportError(
	{stdout, stderr}: ProgramSurroundings,
	form: ErrorForm,
	code: InputErrorCode | 'internal_error',
	message: string,
): Promise<number> {
	if (form === 'nagios') {
		const {nagiosError} = await import('./reports/nagios.js');
		const report = nagiosError(message);
		stdout.write(report.line);
		return report.exitCode;
	}

	if (form === 'json') {
		writeJson(stdout, {schema_version: schemaVersion, error: {code, message}});
	} else {
		writeNote(stderr, message);
	}

	return code === 'internal_error' ? exitCode.internalError : exitCode.badInput;
}

async function dispatch(parsed: ParsedArguments, surroundings: ProgramSurroundings): Promise<number> {
	const {flags} = parsed;
	const isHelp = flags.isOn('help') === true || parsed.input[0] === 'help';
	const input = parsed.input[0] === 'help' ? parsed.input.slice(1) : parsed.input;
	if (isHelp) {
		return printHelp(input, surroundings);
	}

	if (flags.isOn('version') || (input[0] === 'version' && input.length === 1)) {
		printVersion(surroundings, flags.isOn('json') === true);
		return 0;
	}

	const found = findCommand(input);
	if (!found) {
		throw unknownSubcommand(input);
	}

	const command: Command = commandTable[found.words];
	refuseUnknownFlags(found.words, command, parsed);
	refuseWrongInput(found.words, command, found.rest);
	refuseEmptyFolders(flags);
	const run = await command.load();
	try {
		const unread = flags.isOn('quiet') ? surroundings.openUnread() : undefined;
		const outside = unread ? {...surroundings, stdout: unread, stderr: unread} : surroundings;
		return await run({input: found.rest, flags, surroundings: outside});
	} catch (error) {
		const isNode = error instanceof InputError && error.code === 'node_not_found' && found.rest.length > 0;
		// If a similar node name was already suggested, no command is suggested.
		const [meant = ''] =
			isNode && !error.message.includes('did you mean')
				? found.rest.map(word => didYouMean(word, firstWords())).filter(text => text !== '')
				: [];
		throw found.words === '' && isNode
			? new InputError(error.code, `${error.message}; it is not a command either, see xmrtop --help${meant}`)
			: error;
	}
}

async function printHelp(input: readonly string[], {stdout}: ProgramSurroundings): Promise<number> {
	const {commandHelp, groupHelp, programHelp} = await import('./help.js');
	const width = stdout.isTTY ? stdout.columns : undefined;
	const found = findCommand(input);
	if (found && (found.words !== '' || input.length === 0)) {
		stdout.write(input.length === 0 ? programHelp(width) : commandHelp(found.words, width));
		return 0;
	}

	if (listSubcommands(input[0] ?? '').length === 0) {
		const meant = didYouMean(input[0] ?? '', firstWords());
		throw new InputError('bad_usage', `${quoteValue(input[0])} is not a command: see xmrtop --help${meant}`);
	}

	if (input.length > 1) {
		throw unknownSubcommand(input);
	}

	stdout.write(groupHelp(input[0] ?? '', width));
	return 0;
}

function unknownSubcommand(input: readonly string[]): InputError {
	const [first = '', second] = input;
	const allowed = listSubcommands(first);
	const what =
		second === undefined ? `${first} requires a subcommand` : `${quoteValue(second)} is not a command of ${first}`;
	return new InputError('bad_usage', `${what}: ${allowed.join(', ')}${didYouMean(second ?? '', allowed)}`);
}

function refuseUnknownFlags(words: CommandWords, {flags: allowed}: Command, {flags, unknown}: ParsedArguments): void {
	const wrong = unknown[0] ?? flags.given.filter(name => !allowed.includes(name)).map(name => `--${name}`)[0];
	if (wrong !== undefined) {
		const command = words === '' ? 'xmrtop' : `xmrtop ${words}`;
		const meant = didYouMean(wrong, allowed.map(flagSpelling));
		throw new InputError(
			'bad_usage',
			`${cleanText(wrong, 60)} is not a flag of ${command}: see ${command} --help${meant}`,
		);
	}
}

function refuseWrongInput(words: CommandWords, {usage, input: [min, max]}: Command, input: readonly string[]): void {
	if (input.length < min) {
		const missing = usage
			.slice(words.length)
			.trim()
			.split(' ')
			.filter(word => word !== '--')
			.slice(input.length, min)
			.map(word => word.replace('...', ''));
		const verb = missing.length === 1 ? 'is' : 'are';
		throw new InputError('bad_usage', `${missing.join(' and ')} ${verb} missing: xmrtop ${usage}`);
	}

	if (input.length > max) {
		throw new InputError('bad_usage', `${quoteValue(input[max])} is an unexpected argument: xmrtop ${usage}`);
	}
}

/** Rejects an empty folder, usually an unset variable in a script: the default folder may hold a different fleet. */
function refuseEmptyFolders(flags: ParsedArguments['flags']): void {
	const empty = (['config-dir', 'state-dir'] as const).find(name => flags.text(name) === '');
	if (empty !== undefined) {
		throw new InputError('bad_usage', `--${empty} "" is invalid: expected the path of a folder`);
	}
}

function printVersion({stdout}: ProgramSurroundings, asJson: boolean): void {
	if (asJson) {
		writeJson(stdout, {schema_version: schemaVersion, version});
	} else {
		stdout.write(`${version}\n`);
	}
}
