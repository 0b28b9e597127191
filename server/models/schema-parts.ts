/** What the schemas of millrace.json are made of: ranges, words and objects that say in one sentence what is wrong. */
import { z } from 'zod';

/** A whole number of a range. */
export function whole(min: number, max: number, error = `must be a whole number from ${min} to ${max}`) {
  return z.int(error).min(min, error).max(max, error);
}

/** A number of a range. */
export function quantity(min: number, max: number) {
  const error = `must be a number from ${min} to ${max}`;
  return z.number(error).min(min, error).max(max, error);
}

/** One of these words. */
export function oneOf<const T extends readonly [string, ...string[]]>(names: T) {
  return z.enum(names, `must be one of ${names.join(', ')}`);
}

/** An object without unknown keys; `millrace.json` with a misspelt field must not run with that field's default. */
export function record<T extends z.ZodRawShape>(shape: T) {
  const allowed = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return 'must be an object';
      const keys = issue.keys ?? [];
      const unknown = keys.map((key) => JSON.stringify(key)).join(', ');
      if (keys.includes('group')) return 'has the field "group", which is reserved for a later version';
      return `has the unknown field${keys.length > 1 ? 's' : ''} ${unknown}; allowed are ${allowed}`;
    },
  });
}
