/**
 * A made-up language: English with accents, a third longer, in brackets. A text without brackets on the screen is missing
 * from the catalogue; a text that is cut off will be cut off in German. Places like `{name}` stay as they are.
 */

const accents: Readonly<Record<string, string>> = {
  a: 'á',
  c: 'ç',
  e: 'é',
  i: 'í',
  n: 'ñ',
  o: 'ó',
  s: 'š',
  u: 'ü',
  y: 'ý',
  A: 'Á',
  C: 'Ç',
  E: 'É',
  I: 'Í',
  N: 'Ñ',
  O: 'Ó',
  S: 'Š',
  U: 'Ü',
};

export function pseudoText(text: string): string {
  const accented = text
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith('{') ? part : [...part].map((letter) => accents[letter] ?? letter).join('')))
    .join('');
  return `⟦${accented}${'·'.repeat(Math.ceil(text.length / 3))}⟧`;
}
