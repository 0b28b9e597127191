/** The version in package.json, which is the only place where it is written. */
import packageJson from '../package.json' with { type: 'json' };

export const version: string = packageJson.version;
