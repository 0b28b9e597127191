/**
 * A JSON reader that keeps what `JSON.parse` loses: integers beyond 2^53 (as bigint) and the bare tokens `NaN`, `Infinity`
 * and `-Infinity`, which Triton and TensorFlow Serving read and write. It also says where a document is wrong.
 *
 * It is some ten times slower than `JSON.parse` and therefore stands on the slow path only: json-document.ts comes here
 * after `JSON.parse` refused a document or was found to have lost something.
 */
import { MillraceError } from '../base/errors.ts';
import { quoted } from './wording.ts';

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERALS: readonly (readonly [string, unknown])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

/**
 * The value of a JSON text. Objects are plain objects, integers that a double cannot hold exactly are bigints; any other
 * number is the nearest double.
 *
 * Throws `invalid-json` with the byte offset (of the text's UTF-8 form) for a syntax error, a duplicate key, a key
 * `__proto__`, a number beyond the range of a double, and arrays and objects more than `maxDepth` deep.
 */
export function parseLosslessJson(text: string, maxDepth: number): unknown {
  return new LosslessReader(text, maxDepth).document();
}

class LosslessReader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): unknown {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected('the end');
    return value;
  }

  #value(depth: number): unknown {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth + 1);
      case '[':
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      default:
        return this.#numberOrLiteral();
    }
  }

  #object(depth: number): Record<string, unknown> {
    this.#enter(depth);
    const members: Record<string, unknown> = {};
    if (this.#take('}')) return members;
    do {
      this.#skipSpace();
      const start = this.#at;
      if (this.#text[start] !== '"') throw this.#unexpected('a key in double quotes');
      const key = this.#string();
      if (key === '__proto__') throw this.#refuse('has the key "__proto__", which is not allowed', start);
      if (Object.hasOwn(members, key)) throw this.#refuse(`has the key ${quoted(key)} twice in one object`, start);
      if (!this.#take(':')) throw this.#unexpected('":"');
      members[key] = this.#value(depth);
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#unexpected('"," or "}"');
    return members;
  }

  #array(depth: number): unknown[] {
    this.#enter(depth);
    const elements: unknown[] = [];
    if (this.#take(']')) return elements;
    do elements.push(this.#value(depth));
    while (this.#take(','));
    if (!this.#take(']')) throw this.#unexpected('"," or "]"');
    return elements;
  }

  #enter(depth: number): void {
    if (depth > this.#maxDepth) throw this.#refuse(`is nested more than ${this.#maxDepth} levels deep`, this.#at);
    this.#at += 1;
  }

  #string(): string {
    const start = this.#at;
    let escaped = false;
    for (this.#at += 1; ;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) break;
      if (code === 0x5c) {
        escaped = true;
        ESCAPE.lastIndex = this.#at;
        if (!ESCAPE.test(this.#text)) throw this.#unexpected('a valid escape sequence');
        this.#at = ESCAPE.lastIndex;
      } else if (code >= 0x20) {
        this.#at += 1;
      } else {
        throw this.#unexpected('the rest of a string (control characters must be escaped)');
      }
    }
    this.#at += 1;
    if (!escaped) return this.#text.slice(start + 1, this.#at - 1);
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #numberOrLiteral(): unknown {
    const start = this.#at;
    NUMBER.lastIndex = start;
    const match = NUMBER.exec(this.#text);
    if (match === null) return this.#literal();
    this.#at = NUMBER.lastIndex;
    const [digits, fraction, exponent] = match;
    const value = Number(digits);
    if (!Number.isFinite(value)) throw this.#refuse(`has the number ${quoted(digits)}, which is out of range`, start);
    if (Number.isSafeInteger(value) || fraction !== undefined || exponent !== undefined) return value;
    return BigInt(digits);
  }

  #literal(): unknown {
    for (const [token, value] of LITERALS) {
      if (this.#text.startsWith(token, this.#at)) {
        this.#at += token.length;
        return value;
      }
    }
    throw this.#unexpected('a value');
  }

  #take(mark: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== mark) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #unexpected(wanted: string): MillraceError {
    const code = this.#text.codePointAt(this.#at);
    const found = code === undefined ? 'it ends' : `it has ${quoted(String.fromCodePoint(code))}`;
    return this.#refuse(`is not valid: ${found} where ${wanted} should be`, this.#at);
  }

  #refuse(what: string, index: number): MillraceError {
    const byteOffset = Buffer.byteLength(this.#text.slice(0, index));
    return new MillraceError('invalid-json', `The JSON ${what} (at byte ${byteOffset}).`, { details: { byteOffset } });
  }
}
