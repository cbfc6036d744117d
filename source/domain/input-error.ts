/** Machine-readable codes for invalid input, as `error.code` in JSON. */
export type InputErrorCode =
	| 'bad_usage'
	| 'node_not_found'
	| 'invalid_node'
	| 'invalid_setting'
	| 'invalid_action'
	| 'action_not_found'
	| 'invalid_host'
	| 'host_not_found'
	/** The action cannot be run for this node in its current state, or would lose progress. */
	| 'action_refused'
	| 'invalid_config'
	| 'newer_config'
	/** No folder for the files was given, and no default can be determined. */
	| 'no_folder'
	| 'save_failed'
	| 'store_in_use';

/**
 * Input from the command line or a file is invalid. The message is one line that says what is wrong, where, and what is
 * allowed. Commands exit with code 2.
 */
export class InputError extends Error {
	override readonly name = 'InputError';

	constructor(
		readonly code: InputErrorCode,
		message: string,
	) {
		super(message);
	}
}
