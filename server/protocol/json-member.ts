/**
 * Finds one top-level member in the bytes of a JSON document by skipping over the others, so that a process that only
 * routes a request can read a small part of it without building its tensors.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The bytes of the value of the first top-level member called `key` (a key written with escapes is not found). Undefined
 * where there is none. Nothing is validated: the bytes before the member may be malformed, in which case the result is
 * undefined or a slice that is no JSON. Linear in the bytes before the end of the member.
 */
export function sliceMember(json: Buffer, key: string): Buffer | undefined {
  let at = skipSpace(json, 0);
  if (json[at] !== 0x7b) return undefined;
  for (;;) {
    at = skipSpace(json, at + 1);
    if (json[at] !== QUOTE) return undefined;
    const keyEnd = skipValue(json, at);
    const found = json.toString('latin1', at + 1, keyEnd - 1) === key;
    at = skipSpace(json, keyEnd);
    if (json[at] !== 0x3a) return undefined;
    at = skipSpace(json, at + 1);
    const end = skipValue(json, at);
    if (found) return json.subarray(at, end);
    at = skipSpace(json, end);
    if (json[at] !== 0x2c) return undefined;
  }
}

function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (json[at] === 0x20 || json[at] === 0x0a || json[at] === 0x0d || json[at] === 0x09) at += 1;
  return at;
}

/** Index after the value that starts at `from`: a container, a string, or everything up to the next comma or bracket. */
function skipValue(json: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) {
      at = closingQuote(json, at);
      if (depth === 0) return at + 1;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
    } else if (byte === 0x5d || byte === 0x7d) {
      if (depth <= 1) return depth === 1 ? at + 1 : at;
      depth -= 1;
    } else if (byte === 0x2c && depth === 0) {
      return at;
    }
  }
  return json.length;
}

/** Index of the quote that ends the string opened at `open`, or of the last byte where none does. */
function closingQuote(json: Buffer, open: number): number {
  for (let at = open + 1; at < json.length; at += 1) {
    if (json[at] === QUOTE) return at;
    if (json[at] === BACKSLASH) at += 1;
  }
  return json.length - 1;
}
