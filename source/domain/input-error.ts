/** Machine-readable words for what was wrong with an input, as `error.code` in JSON. */
export type InputErrorCode =
	| 'bad_usage'
	| 'node_not_found'
	| 'invalid_node'
	| 'invalid_setting'
	| 'invalid_action'
	| 'action_not_found'
	| 'invalid_host'
	| 'host_not_found'
	/** The action is not for this node as it is now, or would lose something. */
	| 'action_refused'
	| 'invalid_config'
	| 'newer_config'
	/** No folder for the files is named, and none can be found. */
	| 'no_folder'
	| 'save_failed'
	| 'store_in_use';

/**
 * Something a person typed or wrote in a file is not acceptable.
 * The message is one line: what, where, what is allowed. Commands end with exit code 2.
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
