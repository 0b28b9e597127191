/** What the GUI's code may use, and that its styles and texts are neither missing nor left over. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, sourceFiles } from './source-files.ts';

const files = sourceFiles('renderer').filter(({ path }) => path !== 'renderer/vite.config.ts');

/** The packages of the page, each with the files that may import it. */
const packages: Readonly<Record<string, readonly string[]>> = {
  react: ['renderer/'],
  wouter: ['renderer/'],
  'lucide-react': ['renderer/'],
  qr: ['renderer/components/QrCode.tsx'],
  'react-dom/client': ['renderer/main.tsx'],
  '@fontsource-variable/inter/wght.css': ['renderer/main.tsx'],
  uplot: ['renderer/places/monitor/TimeChart.tsx'],
  'uplot/dist/uPlot.min.css': ['renderer/places/monitor/TimeChart.tsx'],
};

/** Static imports only: everything that is loaded later is a file of ours. */
function packagesOf(text: string): string[] {
  return [...text.matchAll(/^import[^;']*'([^'.][^']*)';/gm)].map((match) => match[1]!);
}

describe('the renderer', () => {
  it('imports nothing of ours but itself and the types of the protocol', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter((target) => !target.startsWith('renderer/') && !target.startsWith('server/protocol/'))
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('imports types only from the protocol, so that zod stays out of the page', () => {
    const wrong = files.filter(({ text }) => /^import (?!type )[^;]*from '[./]+server\//m.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('imports each package where the rule says, and no other', () => {
    const wrong = files.flatMap(({ path, text }) =>
      packagesOf(text)
        .filter((name) => packages[name]?.some((place) => path.startsWith(place)) !== true)
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no file that nobody imports', () => {
    const imported = new Set(files.flatMap(({ imports }) => imports));
    expect(files.map(({ path }) => path).filter((path) => path !== 'renderer/main.tsx' && !imported.has(path))).toEqual(
      [],
    );
  });
});

describe('the styles', () => {
  const sheets = readdirSync(join(root, 'renderer'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.css'))
    .map((name) => `renderer/${name.replaceAll('\\', '/')}`);
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const classesOf = (text: string): Set<string> =>
    new Set(
      [...text.replaceAll(/\/\*[\s\S]*?\*\//g, '').matchAll(/\.([a-z][a-zA-Z0-9]*)(?=[\s:,.[>{)+~])/g)].map(
        (match) => match[1]!,
      ),
    );

  it('define each class that a component uses', () => {
    const missing = files.flatMap(({ path, text }) => {
      const sheet = /import styles from '(.+\.module\.css)'/.exec(text)?.[1];
      if (sheet === undefined) return [];
      const absolute = resolve(dirname(join(root, path)), sheet);
      expect(existsSync(absolute), `${path} imports ${sheet}`).toBe(true);
      const classes = classesOf(readFileSync(absolute, 'utf8'));
      return [...text.matchAll(/styles\.(\w+)/g)]
        .map((match) => match[1]!)
        .filter((name) => !classes.has(name))
        .map((name) => `${path}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  it('hold no class that no component uses', () => {
    const unused = sheets
      .filter((path) => path.endsWith('.module.css'))
      .flatMap((path) => {
        const users = files.filter(({ text, path: user }) => {
          const sheet = /import styles from '(.+\.module\.css)'/.exec(text)?.[1];
          return sheet !== undefined && resolve(dirname(join(root, user)), sheet) === join(root, path);
        });
        const text = users.map((user) => user.text).join('\n');
        // `styles[tone]`: the names are the values of a union somewhere.
        const isComputed = /styles\[/.test(text);
        return [...classesOf(read(path))]
          .filter((name) => !text.includes(`styles.${name}`) && !isComputed)
          .map((name) => `${path}: ${name}`);
      });
    expect(unused).toEqual([]);
  });

  it('name colors in the tokens and nowhere else', () => {
    const raw = sheets.filter(
      (path) => path !== 'renderer/theme/tokens.css' && /#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(/i.test(read(path)),
    );
    expect(raw).toEqual([]);
  });

  it('use only custom properties that the tokens define', () => {
    const defined = new Set([...read('renderer/theme/tokens.css').matchAll(/(--[\w-]+):/g)].map((match) => match[1]));
    const unknown = sheets.flatMap((path) =>
      [...read(path).matchAll(/var\((--[\w-]+)/g)]
        .filter((match) => !defined.has(match[1]))
        .map((match) => `${path}: ${match[1]}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('the texts', () => {
  it('are all used', () => {
    const catalogue = files.filter(({ path }) => path.startsWith('renderer/texts/english'));
    const keys = catalogue.flatMap(({ text }) => [...text.matchAll(/^ {2}'([\w.]+)':/gm)].map((match) => match[1]!));
    const code = files
      .filter((file) => !catalogue.includes(file))
      .map(({ text }) => text)
      .join('\n');
    // `t(`monitor.${tab}`)`: the parts before the placeholder.
    const prefixes = [...code.matchAll(/`([\w.]+\.)\$\{/g)].map((match) => match[1]!);
    const unused = keys.filter(
      (key) => !code.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    expect(keys.length).toBeGreaterThan(200);
    expect(new Set(keys).size).toBe(keys.length);
    expect(unused).toEqual([]);
  });
});
