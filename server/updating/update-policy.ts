/**
 * What a person, and above them whoever administers the machine, has decided about updates. The policy file is the
 * administrator's: what it names cannot be changed in the window. A file that cannot be understood switches updates off, because
 * what it was meant to forbid is not known. Pure.
 */
import { MillraceError } from '../base/errors.ts';

/**
 * `off`: nothing is looked for. `notify`: a new version is told once a day, downloaded and installed when a person says so.
 * `tonight`: it is downloaded by itself and installed at night, while nothing is asked.
 */
export type UpdateMode = 'off' | 'notify' | 'tonight';

const modes: readonly UpdateMode[] = ['off', 'notify', 'tonight'];

export interface UpdatePolicy {
  readonly mode?: UpdateMode;
  /** A mirror of the releases, https. What comes from it must carry the makers' signature all the same. */
  readonly url?: string;
  /** The hour of the night in which is installed, 0 to 23, local time. */
  readonly hour?: number;
  /** False: no update from a file either. */
  readonly files?: boolean;
}

export interface UpdateSettings {
  readonly mode: UpdateMode;
  /** Undefined: this build knows no address. */
  readonly url: string | undefined;
  readonly hour: number;
  readonly allowsFiles: boolean;
  /** True where the mode is the administrator's. */
  readonly isLocked: boolean;
}

/** Three at night: late shifts have gone and early ones have not come. */
const defaultHour = 3;

/** Where the policy of a machine lies, out of reach of those who are not its administrators. */
export function policyPath(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (platform === 'win32') return `${environment['ProgramData'] ?? 'C:\\ProgramData'}\\Millrace\\policy.json`;
  return platform === 'darwin' ? '/Library/Application Support/Millrace/policy.json' : '/etc/millrace/policy.json';
}

/** Of the file's text; undefined where there is no file. Throws `invalid-config` with the field that is wrong. */
export function parsePolicy(text: string | undefined): UpdatePolicy {
  if (text === undefined) return {};
  let raw: unknown;
  try {
    raw = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw wrong(`it is not JSON: ${(error as Error).message}`);
  }
  const updates = isRecord(raw) ? (raw['updates'] ?? {}) : undefined;
  if (!isRecord(updates)) throw wrong('it holds no object `updates`');
  const unknown = Object.keys(updates).find((key) => !['mode', 'url', 'hour', 'files'].includes(key));
  if (unknown !== undefined) throw wrong(`updates.${unknown} is not known; there are mode, url, hour and files`);
  const { mode, url, hour, files } = updates;
  if (mode !== undefined && !modes.includes(mode as UpdateMode)) {
    throw wrong(`updates.mode is ${JSON.stringify(mode)}, not one of ${modes.join(', ')}`);
  }
  if (url !== undefined && !isUpdateUrl(url))
    throw wrong(`updates.url is ${JSON.stringify(url)}, not an https address`);
  if (hour !== undefined && !(Number.isInteger(hour) && Number(hour) >= 0 && Number(hour) <= 23)) {
    throw wrong(`updates.hour is ${JSON.stringify(hour)}, not an hour from 0 to 23`);
  }
  if (files !== undefined && typeof files !== 'boolean') throw wrong('updates.files is neither true nor false');
  return updates as UpdatePolicy;
}

/** The administrator's word over the person's, the person's over what the makers set. */
export function updateSettings(
  policy: UpdatePolicy,
  person: { readonly mode?: UpdateMode },
  builtInUrl: string | undefined,
): UpdateSettings {
  return {
    mode: policy.mode ?? person.mode ?? 'notify',
    url: policy.url ?? builtInUrl,
    hour: policy.hour ?? defaultHour,
    allowsFiles: policy.files ?? true,
    isLocked: policy.mode !== undefined,
  };
}

/** What holds where the policy cannot be read. */
export const forbidden: UpdatePolicy = { mode: 'off', files: false };

/** https, or plain http on this machine: signed is what comes, but who asks for what is nobody's business. */
export function isUpdateUrl(value: unknown): value is string {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(what: string): MillraceError {
  return new MillraceError('invalid-config', `The policy file of this machine cannot be used: ${what}.`, {
    hint: 'Updates stay off until an administrator has corrected it; docs/install.md lists its fields.',
  });
}
