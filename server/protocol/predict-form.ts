/**
 * In which form a body of `/predict` comes: JSON, a picture, a table, a form. Decided in the host once per request that does not begin
 * as JSON does; read in the replica.
 *
 * Programs are careless with Content-Type (curl calls everything a form), so bytes that cannot be mistaken count before it.
 */
import { MillraceError } from '../base/errors.ts';
import { describeWrongImage, isImage } from './image-head.ts';
import { quoted } from './wording.ts';

/** `fields`: application/x-www-form-urlencoded. */
export const predictForms = ['json', 'image', 'csv', 'fields', 'multipart'] as const;
export type PredictForm = (typeof predictForms)[number];

const tableTypes: ReadonlySet<string> = new Set(['text/csv', 'application/csv', 'text/tab-separated-values']);
const imageTypes: ReadonlySet<string> = new Set(['image/jpeg', 'image/jpg', 'image/png', 'image/webp', 'image/*']);

/** `contentType` as it was sent; `body` whole. Throws `unsupported-media-type` for pictures in formats that are not read. */
export function predictFormOf(contentType: string | undefined, body: Buffer): PredictForm {
  if (beginsAsJson(body)) return 'json';
  if (isImage(body)) return 'image';
  const type = contentType?.split(';', 1)[0]!.trim().toLowerCase() ?? '';
  if (tableTypes.has(type)) return 'csv';
  if (type === 'multipart/form-data') return 'multipart';
  const wrong = describeWrongImage(body);
  if (wrong !== undefined || type.startsWith('image/')) {
    // Its head is damaged: the reader says so.
    if (wrong === undefined && imageTypes.has(type)) return 'image';
    throw new MillraceError(
      'unsupported-media-type',
      `The body is ${wrong ?? `called ${quoted(type)}`}; JPEG, PNG and WebP are read.`,
      { hint: 'Save it as JPEG, PNG or WebP.' },
    );
  }
  return type === 'application/x-www-form-urlencoded' ? 'fields' : 'json';
}

/** Spaces, then the bracket of an object. */
function beginsAsJson(body: Buffer): boolean {
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at]!;
    if (byte === 0x7b) return true;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false;
  }
  return true;
}
