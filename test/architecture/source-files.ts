/** The project's source files and what they import, read as text: TypeScript 7 has no compiler API to ask. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** From the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Imported files of ours, as paths like `path`; type-only and dynamic imports included. */
  readonly imports: readonly string[];
  /** Imported packages and built-in modules. */
  readonly packages: readonly string[];
}

const importPattern = /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|(?:^|[^.\w])import\s*\(?\s*'([^']+)'/g;

export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name))
    .map((entry) => readSource(join(entry.parentPath, entry.name)))
    .toSorted((a, b) => a.path.localeCompare(b.path));
}

function readSource(absolute: string): SourceFile {
  const text = readFileSync(absolute, 'utf8');
  const specifiers = [...withoutComments(text).matchAll(importPattern)].map((match) => match[1] ?? match[2]!);
  const local = specifiers.filter((specifier) => specifier.startsWith('.'));
  return {
    path: toPath(absolute),
    text,
    imports: local.map((specifier) => toPath(resolve(dirname(absolute), specifier))),
    packages: specifiers.filter((specifier) => !specifier.startsWith('.')),
  };
}

function toPath(absolute: string): string {
  return relative(root, absolute).split(sep).join('/');
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/[^\n]*/g, '$1');
}
