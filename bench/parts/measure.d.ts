/** The absolute path of a file in this repository. */
export function fileOf(path: string): string;
/** The environment without the variables that affect xmrtop or Node. */
export function plainEnvironment(): NodeJS.ProcessEnv;
