import packageJson from '../../package.json' with {type: 'json'};

/** The version of xmrtop. */
export const version: string = packageJson.version;
