/**
 * A JSON document from the wire, as fast as `JSON.parse` and stricter: what two parsers could read differently is refused.
 *
 * `JSON.parse` does the reading. Around it stand checks that run at native speed over numeric data (in brackets what they
 * cost for 64 floats, beside 2.5 µs for the parse): UTF-8 (35 ns), depth by hopping over brackets (70 ns), duplicate keys
 * by comparing the members in the text, found by hopping from quote to quote, with the keys in the result (200 ns).
 * lossless-json.ts is asked only when something is wrong, to say what and where, and for `NaN` and `Infinity`.
 */
import { isUtf8 } from 'node:buffer';
import { assert } from '../base/assert.ts';
import { MillraceError } from '../base/errors.ts';
import { parseLosslessJson } from './lossless-json.ts';

export interface JsonLimits {
  /** Arrays and objects inside each other; a scalar document has depth 0. */
  readonly maxDepth: number;
}

/** No tensor has 60 dimensions, and 64 levels cannot exhaust a stack. */
const JSON_LIMITS: JsonLimits = { maxDepth: 64 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * The value of a JSON document in UTF-8. Equal to what `JSON.parse` gives, except that a document with bare `NaN`,
 * `Infinity` or `-Infinity` is read (its integers beyond 2^53 are then bigints). Every object is a plain one without a key
 * `__proto__`, and no number is infinite unless the document says `Infinity`.
 *
 * Throws `invalid-json` for anything else: syntax, invalid UTF-8, duplicate keys and `__proto__` at any depth, numbers
 * beyond a double (`1e999`), nesting beyond `limits.maxDepth`.
 */
export function parseJsonDocument(bytes: Uint8Array, limits: JsonLimits = JSON_LIMITS): unknown {
  const text = decodeUtf8(bytes);
  refuseDeepNesting(text, limits.maxDepth);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return parseLosslessJson(text, limits.maxDepth);
  }
  if (countKeys(document) !== countMembers(text)) {
    parseLosslessJson(text, limits.maxDepth);
    assert(false, 'the lossless reader names what the fast checks found');
  }
  return document;
}

/**
 * The same document with every integer in full: those that a double cannot hold exactly are bigints. Ten times slower;
 * for documents that {@link parseJsonDocument} accepted and whose integers turned out to matter.
 */
export function parseExactJsonDocument(bytes: Uint8Array, limits: JsonLimits = JSON_LIMITS): unknown {
  return parseLosslessJson(decodeUtf8(bytes), limits.maxDepth);
}

function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) {
    throw new MillraceError('invalid-json', 'The JSON holds bytes that are not valid UTF-8, which JSON has to be.');
  }
  return Buffer.isBuffer(bytes)
    ? bytes.toString()
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/**
 * Runs before `JSON.parse`, which would build 64 million arrays out of as many `[`. A text with no more opening brackets
 * than levels allowed cannot be too deep, and counting up to that many takes a few native searches; only a text with more
 * (nested rows, brackets in strings) is walked character by character.
 */
function refuseDeepNesting(text: string, maxDepth: number): void {
  let openers = 0;
  for (const bracket of ['[', '{']) {
    for (let at = text.indexOf(bracket); at !== -1 && openers <= maxDepth; at = text.indexOf(bracket, at + 1)) {
      openers += 1;
    }
  }
  if (openers <= maxDepth) return;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = closingQuote(text, at);
      if (at === -1) return; // an unclosed string: JSON.parse refuses it
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > maxDepth) {
        const byteOffset = Buffer.byteLength(text.slice(0, at));
        throw new MillraceError(
          'invalid-json',
          `The JSON is nested more than ${maxDepth} levels deep (at byte ${byteOffset}).`,
          { details: { byteOffset } },
        );
      }
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
    }
  }
}

/** Members of all objects in a valid JSON text: the strings that a colon follows. */
function countMembers(text: string): number {
  let members = 0;
  let at = text.indexOf('"');
  while (at !== -1) {
    let next = closingQuote(text, at) + 1;
    let code = text.charCodeAt(next);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      next += 1;
      code = text.charCodeAt(next);
    }
    if (code === COLON) members += 1;
    at = text.indexOf('"', next);
  }
  return members;
}

/** Index of the quote that ends the string opened at `open`; -1 where there is none. */
function closingQuote(text: string, open: number): number {
  let at = text.indexOf('"', open + 1);
  while (at !== -1 && text.charCodeAt(at - 1) === BACKSLASH) {
    let first = at - 1;
    while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((at - first) % 2 === 0) return at; // the backslashes escape each other
    at = text.indexOf('"', at + 1);
  }
  return at;
}

/**
 * Keys of all objects in a parsed document; NaN, which equals no count, where a key is `__proto__` or a number infinite.
 * The depth was checked, so the recursion is bounded.
 */
function countKeys(value: unknown): number {
  if (typeof value === 'number') return isInfinite(value) ? Number.NaN : 0;
  if (typeof value !== 'object' || value === null) return 0;
  return Array.isArray(value) ? countKeysInArray(value) : countKeysInObject(value as Record<string, unknown>);
}

function countKeysInObject(members: Record<string, unknown>): number {
  let keys = 0;
  for (const key in members) {
    if (key === '__proto__') return Number.NaN;
    keys += 1 + countKeys(members[key]);
  }
  return keys;
}

/**
 * Arrays of numbers have a loop of their own. At an access that sees arrays of doubles and arrays of objects, V8 turns each
 * double array into one of boxed numbers before reading it: 600 ns for 64 floats. `at` looks without that.
 */
function countKeysInArray(elements: readonly unknown[]): number {
  if (typeof elements.at(0) === 'number') return countKeysAmongNumbers(elements);
  let keys = 0;
  for (let index = 0; index < elements.length; index += 1) keys += countKeys(elements[index]);
  return keys;
}

function countKeysAmongNumbers(elements: readonly unknown[]): number {
  let keys = 0;
  for (let index = 0; index < elements.length; index += 1) {
    const element = elements[index];
    if (typeof element !== 'number') keys += countKeys(element);
    else if (isInfinite(element)) return Number.NaN;
  }
  return keys;
}

function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity;
}
