/**
 * How values that a client sent are quoted in the sentences that refuse them: escaped, and cut to a bounded length, so
 * that a hostile 64 MiB name cannot become a 64 MiB error.
 */

/** Long enough for any honest name; the rest is cut with an ellipsis. */
const QUOTE_LIMIT = 80;
/** More names than this are not read by anyone. */
const LIST_LIMIT = 40;

/** The text in double quotes with control characters escaped, at most 80 characters of it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > QUOTE_LIMIT ? `${text.slice(0, QUOTE_LIMIT)}…` : text);
}

/** One value of a JSON document as a noun phrase: `"abc"`, `1.5`, `true`, `null`, `an array`, `an object`, `nothing`. */
export function described(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
    case 'boolean':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint': {
      const digits = String(value);
      return digits.length > QUOTE_LIMIT ? `${digits.slice(0, QUOTE_LIMIT)}…` : digits;
    }
    case 'undefined':
      return 'nothing';
    default:
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
  }
}

/** Quoted names joined by commas, at most 40 of them. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, LIST_LIMIT).map(quoted).join(', ');
  return names.length > LIST_LIMIT ? `${shown} and ${names.length - LIST_LIMIT} more` : shown;
}

/** `[2,-1,4]`; no tensor the runtime takes has more dimensions than are shown. */
export function shapeText(shape: readonly number[]): string {
  return shape.length > 16 ? `[${shape.slice(0, 16).join(',')},…]` : `[${shape.join(',')}]`;
}
