import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compile, relativeReferences } from '../../build/staging/compile.ts';
import { root, sourceFiles } from '../architecture/source-files.ts';

describe('compiling the server', () => {
  it('removes types and keeps every line where it was', () => {
    const text = "import type { A } from './a.ts';\nexport function f(x: number): string {\n  return `${x}`;\n}\n";
    const compiled = compile(text);
    expect(compiled.split('\n')).toHaveLength(text.split('\n').length);
    expect(compiled).not.toMatch(/: number|: string|import/);
  });

  it('names JavaScript files in imports, dynamic imports and URLs', () => {
    const compiled = compile(
      "import { a } from '../x/a.ts';\nconst b = await import('./b.ts');\nconst c = new URL('pacer-thread.ts', import.meta.url);\nexport { a, b, c };\n",
    );
    expect(relativeReferences('server/y/z.js', compiled)).toEqual([
      'server/x/a.js',
      'server/y/b.js',
      'server/y/pacer-thread.js',
    ]);
    expect(compiled).not.toContain('.ts');
  });

  it('leaves names of other files alone', () => {
    const text = "const a = 'model.onnx', b = 'https://a.test/x.tsv', c = 'node:fs';\nexport { a, b, c };\n";
    expect(compile(text)).toBe(text);
  });

  it('leaves no TypeScript name in any file of the server', () => {
    const left = sourceFiles('server').flatMap(({ path }) => {
      const compiled = compile(readFileSync(join(root, path), 'utf8'))
        .replaceAll(/\/\*[\s\S]*?\*\//g, '')
        .replaceAll(/(^|\s)\/\/[^\n]*/g, '$1');
      return /['"`][^'"`\n]*\.ts['"`]/.test(compiled) ? [path] : [];
    });
    expect(left).toEqual([]);
  });
});
