import {InputError} from '../../domain/input-error.js';
import type {GivenFlags} from '../flags.js';

/** Whether a command line joins other hosts; what joins them is loaded only then. */
export function isJoining(flags: GivenFlags): boolean {
	return flags.texts('connect').length > 0;
}

/** @throws InputError for a token that nobody would be given */
export function refuseTokenAlone(flags: GivenFlags): void {
	if (flags.text('token-file') !== undefined && !isJoining(flags)) {
		throw new InputError('bad_usage', '--token-file is not allowed without --connect: it is sent to those hosts');
	}
}
