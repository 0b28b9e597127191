/** Reads a key as `<model>/<version>/<path>`. A key comes from outside: it is taken whole or not at all, never repaired. */
import { parseModelName } from '../models/model-name.ts';
import { isVersion } from '../models/model-store.ts';
import { isPlainSegment } from '../models/path-segment.ts';

/** Below a version's folder; what people put at the model's own level instead counts for versions without a manifest. */
export const modelLevelFiles: readonly string[] = ['config.pbtxt', 'labels.txt', 'millrace.json', 'samples.json'];

const maxKeyCharacters = 1024;
const maxSegments = 10;
const shownCharacters = 120;

export type SourceKey =
  | { readonly kind: 'version-file'; readonly model: string; readonly version: string; readonly path: string }
  | { readonly kind: 'model-file'; readonly model: string; readonly path: string }
  /** Belongs to no model, and does no harm. */
  | { readonly kind: 'other' }
  /** Looks as if it meant to be more than a name; `why` completes "The key … ". */
  | { readonly kind: 'hostile'; readonly why: string };

export function parseSourceKey(key: string): SourceKey {
  // A "folder" as S3 consoles make it: an object without bytes whose key ends in a slash.
  if (key.endsWith('/') && key.length <= maxKeyCharacters) return { kind: 'other' };
  if (key.length > maxKeyCharacters)
    return hostile(`has ${key.length} characters; at most ${maxKeyCharacters} are taken`);
  const segments = key.split('/');
  if (segments.length > maxSegments) return hostile(`has ${segments.length} parts; at most ${maxSegments} are taken`);
  const bad = segments.find((segment) => !isPlainSegment(segment));
  if (bad !== undefined) return hostile(`has the part ${quoted(bad)}, which cannot be a file's name everywhere`);
  const [model, version, ...rest] = segments;
  if (version === undefined || !isName(model!)) return { kind: 'other' };
  if (rest.length === 0) {
    return modelLevelFiles.includes(version) ? { kind: 'model-file', model: model!, path: version } : { kind: 'other' };
  }
  // Hidden files are a desktop's or a copy program's own.
  if (!isVersion(version) || rest.some((segment) => segment.startsWith('.'))) return { kind: 'other' };
  return { kind: 'version-file', model: model!, version, path: rest.join('/') };
}

/** As it may be shown: printable ASCII, at most 120 characters. A terminal obeys other characters. */
export function quoted(text: string): string {
  const start = JSON.stringify(text.slice(0, shownCharacters)).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > shownCharacters ? `${start}…` : start;
}

function hostile(why: string): SourceKey {
  return { kind: 'hostile', why };
}

function isName(text: string): boolean {
  try {
    parseModelName(text);
    return true;
  } catch {
    return false;
  }
}
