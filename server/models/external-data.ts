/**
 * The rule for files that a model names as places of its weights. ONNX has been patched for this four times; ONNX Runtime
 * itself follows a hard link out of the folder. So it is decided here, on the name alone, before any file is opened;
 * staging.ts then copies only regular files with one name that lie inside the package.
 */
import { modelRefusal } from './model-refusal.ts';
import { isPlainSegment } from './path-segment.ts';

const maxSegments = 8;
/** Names that the store itself gives a meaning to. */
const ownNames = new Set(['model.onnx', 'version.json', 'labels.txt', 'millrace.json', 'samples.json', 'config.pbtxt']);

/**
 * The segments of a location below the model's own folder: one name, or a sub-path without `..`.
 * Throws `model-refused` with the location quoted.
 */
export function parseLocation(location: string): string[] {
  const segments = location.replace(/^(?:\.\/)+/, '').split('/');
  const isSafe = segments.length <= maxSegments && segments.every(isPlainSegment);
  const fault = isSafe
    ? ownNames.has(segments.join('/').toLowerCase()) && 'has a meaning of its own in a model folder'
    : 'is not a plain file name below its folder';
  if (fault === false) return segments;
  throw modelRefusal(
    'external-data-location',
    `The model keeps weights in ${JSON.stringify(location.slice(0, 200))}, which ${fault}.`,
    'Export it again with external data in one file beside it, such as model.onnx.data.',
  );
}
