/** A file of this repository. */
export function fileOf(path: string): string;
/** The environment without the variables that steer xmrtop or Node. */
export function plainEnvironment(): NodeJS.ProcessEnv;
