/**
 * Reads a whole body of multipart/form-data (RFC 7578): what a browser's form sends. Each part is a view of the body; the number of parts
 * and the length of their heads are bounded, and no part is decoded.
 */
import { MillraceError } from '../base/errors.ts';

export interface FormPart {
  readonly name: string;
  /** Set where it is a file; what it is called says nothing of what it is. */
  readonly fileName: string | undefined;
  /** Lower case, without parameters; empty where it has none. */
  readonly type: string;
  readonly content: Buffer;
}

/** One for each column of a wide table and some files. */
const maxParts = 2000;
/** RFC 2046 allows a boundary of 70 characters. */
const maxBoundary = 70;
const maxHead = 4096;
const lineEnd = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');

/** Throws `invalid-request` where it is not complete. The boundary is read off its first line, which the header repeats. */
export function readMultipart(body: Buffer): FormPart[] {
  const first = body.indexOf(lineEnd);
  if (first < 3 || first > maxBoundary + 2 || body[0] !== 0x2d || body[1] !== 0x2d) {
    throw fault('does not begin with its boundary');
  }
  const boundary = Buffer.concat([lineEnd, body.subarray(0, first)]);
  const parts: FormPart[] = [];
  let at = first + lineEnd.length;
  for (;;) {
    const head = body.indexOf(headEnd, at);
    const end = head === -1 ? -1 : body.indexOf(boundary, head + 2);
    if (head === -1 || end === -1) throw fault('ends in the middle of a part');
    if (head - at > maxHead) throw fault(`has a part with a head of more than ${maxHead} bytes`);
    if (parts.length >= maxParts) throw fault(`has more than ${maxParts} parts`);
    parts.push(readPart(body.toString('utf8', at, head), body.subarray(Math.min(head + headEnd.length, end), end)));
    at = end + boundary.length;
    if (body[at] === 0x2d && body[at + 1] === 0x2d) return parts;
    if (body[at] !== 0x0d || body[at + 1] !== 0x0a) throw fault('has something after a boundary');
    at += 2;
  }
}

function readPart(head: string, content: Buffer): FormPart {
  let disposition = '';
  let type = '';
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const field = line.slice(0, colon).trim().toLowerCase();
    if (field === 'content-disposition') disposition = line.slice(colon + 1);
    if (field === 'content-type')
      type = line
        .slice(colon + 1)
        .split(';', 1)[0]!
        .trim()
        .toLowerCase();
  }
  const name = parameterOf(disposition, 'name');
  if (name === undefined) throw fault('has a part without a name');
  return { name, fileName: parameterOf(disposition, 'filename'), type, content };
}

/** Browsers write quotes and line ends inside a name as %22, %0D and %0A. */
function parameterOf(disposition: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|;)\\s*${name}=(?:"([^"]*)"|([^;\\s]*))`, 'i').exec(disposition);
  return (found?.[1] ?? found?.[2])?.replaceAll(/%(22|0d|0a)/gi, (code) => decodeURIComponent(code));
}

function fault(what: string): MillraceError {
  return new MillraceError('invalid-request', `The form (multipart/form-data) ${what}.`);
}
