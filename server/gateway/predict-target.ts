/** Which model a `POST /predict` means: the top-level `model` of its body, and `version` where it is given. */
import { MillraceError } from '../base/errors.ts';
import { parseModelName } from '../models/model-name.ts';
import { isImage } from '../protocol/image-head.ts';
import { parseJsonDocument } from '../protocol/json-document.ts';
import { described } from '../protocol/wording.ts';

/** Bodies above this name their model in the path instead: finding it here would block the host for milliseconds. */
const maxBodyBytes = 256 * 1024;

export interface PredictTarget {
  readonly model: string;
  readonly version: string | undefined;
}

export function predictTarget(body: Buffer): PredictTarget {
  if (body.length > maxBodyBytes) {
    throw new MillraceError(
      'payload-too-large',
      `A body of ${body.length} bytes is too large for /predict without a model in the path.`,
      {
        hint: 'Send it to /predict/<model>.',
      },
    );
  }
  if (isImage(body)) {
    throw new MillraceError('invalid-request', 'A picture names no model.', { hint: 'Send it to /predict/<model>.' });
  }
  const document = parseJsonDocument(body);
  const { model, version } =
    typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {};
  if (model === undefined) {
    throw new MillraceError('invalid-request', 'The body names no model.', {
      hint: 'Add "model": "<name>", or send it to /predict/<model>.',
    });
  }
  const name = parseModelName(model);
  if (version === undefined) return { model: name, version: undefined };
  if (typeof version === 'string' ? /^\d+$/.test(version) : Number.isSafeInteger(version)) {
    return { model: name, version: String(version) };
  }
  throw new MillraceError('invalid-request', `The "version" is ${described(version)}, expected a number.`);
}
