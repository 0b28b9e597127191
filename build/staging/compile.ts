/**
 * Makes JavaScript of the server's TypeScript: types are blanked out, so that lines and columns stay what they are in the
 * sources, and references to `.ts` files become `.js`. A packaged server needs no type stripper, which costs every process
 * 30 MB, and no compile cache beside it, which a read-only folder could not have.
 */
import { stripTypeScriptTypes } from 'node:module';
import { posix } from 'node:path';

/** What Node itself does when it runs a `.ts` file, and nothing else. Throws where the text holds more than types. */
export function compile(text: string): string {
  return withJavaScriptNames(stripTypeScriptTypes(text, { mode: 'strip' }));
}

/** A file of ours named in a string: in an import, or in a URL beside `import.meta.url`. */
const reference = /(['"])((?:\.{1,2}\/)?[\w./-]+)\.ts\1/g;

function withJavaScriptNames(text: string): string {
  return text.replaceAll(reference, (_, quote: string, path: string) => `${quote}${path}.js${quote}`);
}

/**
 * The files that a compiled file names relatively, from the server folder: what must lie there for it to run. `path` is the
 * file's own.
 */
export function relativeReferences(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/[^\n]*/g, '$1');
  const named = [
    ...code.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g),
    ...code.matchAll(/new URL\(\s*'([^']+\.m?js)'\s*,\s*import\.meta\.url/g),
  ];
  return named.map((match) => posix.join(posix.dirname(path), match[1]!));
}
