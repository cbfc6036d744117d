/** The commands a person can type; a node may not be named like one. */
export const commandNames = [
	'status',
	'watch',
	'serve',
	'nodes',
	'discover',
	'history',
	'wait',
	'demo',
	'config',
	'info',
	'completion',
	'help',
] as const;

/** The version of every JSON document and file that xmrtop writes. */
export const schemaVersion = 1;
