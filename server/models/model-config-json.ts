/** Triton's ModelConfig in its JSON form, as clients send it with a load: the same fields as config.pbtxt, in other clothes. */
import { MillraceError } from '../base/errors.ts';
import { readModelConfig } from './model-config.ts';
import type { ModelConfig } from './model-config.ts';
import type { TextField, TextValue } from './text-format.ts';

const maxDepth = 16;
/** Maps of the schema; in text they are lists of key and value. */
const maps = new Set(['parameters']);
/** Members that are text whatever they hold; elsewhere a number may be written as text, as protobuf does with 64-bit ones. */
const texts = new Set([
  'name',
  'platform',
  'backend',
  'string_value',
  'label_filename',
  'default_model_filename',
  'key',
]);

/** Throws `invalid-request` where it is no JSON object. */
export function parseModelConfigJson(text: string): ModelConfig {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw fault(`is not valid JSON: ${(error as Error).message}`);
  }
  if (!isRecord(raw)) throw fault('is no JSON object');
  return readModelConfig(fieldsOf(raw, 0));
}

function fieldsOf(record: Readonly<Record<string, unknown>>, depth: number): TextField[] {
  if (depth > maxDepth) throw fault(`is nested deeper than ${maxDepth}`);
  return Object.entries(record).flatMap(([name, value]): TextField[] => {
    if (maps.has(name) && isRecord(value)) {
      return Object.entries(value).map(([key, inner]) => field(name, message({ key, value: inner }, depth)));
    }
    const values = Array.isArray(value) ? (value as unknown[]) : [value];
    return values.filter((each) => each !== null).map((each) => field(name, valueOf(name, each, depth)));
  });
}

function valueOf(name: string, value: unknown, depth: number): TextValue {
  if (isRecord(value)) return message(value, depth);
  if (typeof value === 'number') return { kind: 'number', number: value };
  if (typeof value === 'boolean') return { kind: 'word', word: String(value) };
  const text = String(value);
  if (texts.has(name)) return { kind: 'text', text };
  if (/^-?\d{1,18}$/.test(text)) return { kind: 'number', number: Number(text) };
  return /^[A-Z][A-Z0-9_]*$/.test(text) ? { kind: 'word', word: text } : { kind: 'text', text };
}

function message(record: Readonly<Record<string, unknown>>, depth: number): TextValue {
  return { kind: 'message', fields: fieldsOf(record, depth + 1) };
}

function field(name: string, value: TextValue): TextField {
  return { name, value, line: 1 };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(what: string): MillraceError {
  return new MillraceError('invalid-request', `The parameter "config" ${what}.`);
}
