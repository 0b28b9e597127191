/**
 * The rule for model names, and the key by which two names count as one.
 *
 * A name is a folder of the repository, a segment of a URL, a metric label and a cache key part, on three operating
 * systems. So the rule is what is safe in all of them; nothing is ever decoded, trimmed or repaired to fit.
 */

import { MillraceError } from '../base/errors.ts';

const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Windows opens the device whatever follows the first dot: `con.onnx` is the console. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** The rule in the words that users see. */
const RULE =
  'a model name has 1 to 64 characters: letters A to Z, digits, dot, underscore and hyphen; ' +
  'it starts with a letter or digit, does not end with a dot, and is no Windows device name such as CON or COM1';

/** Characters of a refused name that the message shows. */
const SHOWN_CHARACTERS = 80;

/**
 * The name itself, unchanged.
 *
 * Errors: `invalid-name`, with the rule in the message and the name escaped to printable ASCII in `details.name`.
 */
export function parseModelName(raw: unknown): string {
  if (typeof raw === 'string' && MODEL_NAME.test(raw) && !raw.endsWith('.') && !WINDOWS_DEVICE.test(raw)) return raw;
  const shown = typeof raw === 'string' ? escaped(raw) : `a value of type ${raw === null ? 'null' : typeof raw}`;
  throw new MillraceError('invalid-name', `${shown} cannot name a model: ${RULE}.`, {
    details: { name: shown },
    hint: 'Rename the model so that it follows the rule.',
  });
}

/** Two names with one key are the same model: Windows and macOS folders do not tell upper from lower case. */
export function modelNameKey(name: string): string {
  return name.toLowerCase();
}

/** Quoted, at most 80 characters, every character but printable ASCII as an escape: U+202E would turn a log line around. */
function escaped(text: string): string {
  const start = JSON.stringify(text.slice(0, SHOWN_CHARACTERS)).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > SHOWN_CHARACTERS ? `${start}... (${text.length} characters)` : start;
}
