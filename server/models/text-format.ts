/**
 * Protobuf's text format, as Triton's config.pbtxt is written in it, into plain values with line numbers. No schema: which
 * fields mean something is model-config.ts. Our own, because the parsers that npm has bring a schema compiler or are dead.
 *
 * Source: https://protobuf.dev/reference/protobuf/textformat-spec/
 */
import { MillraceError } from '../base/errors.ts';

/** A word is a constant without quotes: `true`, `TYPE_FP32`, `inf`. */
export type TextValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'message'; readonly fields: readonly TextField[] };

export interface TextField {
  readonly name: string;
  readonly value: TextValue;
  /** From 1. */
  readonly line: number;
}

const maxDepth = 32;
const maxFields = 100_000;
const token =
  /[ \t\r\n\f\v]+|#[^\n]*|"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|[A-Za-z_][\w.]*|(?:0[xX][\dA-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[fF]?|[-:;,{}<>[\]/]/y;

interface Token {
  readonly text: string;
  readonly line: number;
}

/**
 * The fields in the order of the text; a list `[1, 2]` gives one field each. `where` names the file in messages.
 * Throws `invalid-manifest` with the line.
 */
export function parseTextFormat(text: string, where: string): TextField[] {
  return new Parser(tokens(text, where), where).message(undefined, 0);
}

function tokens(text: string, where: string): Token[] {
  const found: Token[] = [];
  let line = 1;
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (match === null) throw fault(where, line, `does not understand ${JSON.stringify(text.slice(at, at + 20))}`);
    const [word] = match;
    if (!/^[\s#]/.test(word)) found.push({ text: word, line });
    for (const character of word) if (character === '\n') line += 1;
  }
  found.push({ text: '', line });
  return found;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #where: string;
  #at = 0;
  #fields = 0;

  constructor(list: readonly Token[], where: string) {
    this.#tokens = list;
    this.#where = where;
  }

  /** Fields up to `close`, which is consumed, or to the end of the text. */
  message(close: string | undefined, depth: number): TextField[] {
    if (depth > maxDepth) throw this.#fault(`is nested more than ${maxDepth} deep`);
    const fields: TextField[] = [];
    while (true) {
      if (this.#take(close ?? '')) return fields;
      if (this.#take(';') || this.#take(',')) continue;
      this.#field(fields, depth);
    }
  }

  #field(into: TextField[], depth: number): void {
    const { line } = this.#here;
    const name = this.#name();
    const hasColon = this.#take(':');
    const add = (value: TextValue): void => {
      if (++this.#fields > maxFields) throw this.#fault(`has more than ${maxFields} fields`);
      into.push({ name, value, line });
    };
    if (!this.#take('[')) {
      add(this.#value(hasColon, depth));
      return;
    }
    if (this.#take(']')) return;
    do add(this.#value(true, depth));
    while (this.#take(','));
    if (!this.#take(']')) throw this.#fault(`expects "," or "]", not ${this.#shown}`);
  }

  #name(): string {
    // `[type.example/Extension]` is a name too.
    if (this.#take('[')) {
      let name = '[';
      while (!this.#take(']')) {
        if (this.#here.text === '') throw this.#fault('ends within a name');
        name += this.#next().text;
      }
      return `${name}]`;
    }
    const { text } = this.#here;
    if (!/^[A-Za-z_]/.test(text)) throw this.#fault(`expects the name of a field, not ${this.#shown}`);
    return this.#next().text;
  }

  #value(hasColon: boolean, depth: number): TextValue {
    for (const [open, close] of [
      ['{', '}'],
      ['<', '>'],
    ] as const) {
      if (this.#take(open)) return { kind: 'message', fields: this.message(close, depth + 1) };
    }
    if (!hasColon) throw this.#fault(`expects ":" or "{", not ${this.#shown}`);
    return this.#scalar();
  }

  #scalar(): TextValue {
    const isNegative = this.#take('-');
    const { text } = this.#here;
    if (/^["']/.test(text) && !isNegative) {
      let joined = '';
      while (/^["']/.test(this.#here.text)) joined += unescaped(this.#next().text.slice(1, -1));
      return { kind: 'text', text: joined };
    }
    if (/^[\d.]/.test(text)) {
      const isHex = /^0[xX]/.test(text);
      const digits = isHex ? text : text.replace(/[fF]$/, '');
      const number = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
      if (Number.isNaN(number)) throw this.#fault(`expects a number, not ${this.#shown}`);
      this.#next();
      return { kind: 'number', number: isNegative ? -number : number };
    }
    if (/^[A-Za-z_]/.test(text)) return { kind: 'word', word: `${isNegative ? '-' : ''}${this.#next().text}` };
    throw this.#fault(`expects a value, not ${this.#shown}`);
  }

  get #here(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]!;
  }

  get #shown(): string {
    return this.#here.text === '' ? 'the end of the file' : JSON.stringify(this.#here.text.slice(0, 40));
  }

  #next(): Token {
    const found = this.#here;
    this.#at += 1;
    return found;
  }

  #take(text: string): boolean {
    if (this.#here.text !== text) return false;
    this.#at += 1;
    return true;
  }

  #fault(what: string): MillraceError {
    return fault(this.#where, this.#here.line, what);
  }
}

const simpleEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\u0007',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** Escapes stand for bytes, the text around them is UTF-8. */
function unescaped(quoted: string): string {
  if (!quoted.includes('\\')) return quoted;
  const parts = quoted.split(/(\\x[\dA-Fa-f]{1,2}|\\[0-7]{1,3}|\\u[\dA-Fa-f]{4}|\\[\s\S])/);
  return Buffer.concat(
    parts.map((part) => {
      if (!part.startsWith('\\')) return Buffer.from(part);
      const rest = part.slice(1);
      if (/^x[\dA-Fa-f]/.test(rest)) return Buffer.from([Number.parseInt(rest.slice(1), 16)]);
      if (/^[0-7]/.test(rest)) return Buffer.from([Number.parseInt(rest, 8) % 256]);
      if (/^u[\dA-Fa-f]{4}$/.test(rest)) return Buffer.from(String.fromCharCode(Number.parseInt(rest.slice(1), 16)));
      return Buffer.from(simpleEscapes[rest] ?? rest);
    }),
  ).toString('utf8');
}

function fault(where: string, line: number, what: string): MillraceError {
  return new MillraceError('invalid-manifest', `${where}, line ${line}: the reader ${what}.`, {
    hint: `Correct ${where}, or remove it: the model's own file says what is needed.`,
  });
}
