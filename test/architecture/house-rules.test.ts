/** Rules of the house that a reader relies on: names that say something, files that fit a screen or two, no barrels. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, sourceFiles } from './source-files.ts';

const server = sourceFiles('server');
const renderer = sourceFiles('renderer');
const shell = sourceFiles('electron');
const all = [...server, ...renderer, ...shell, ...sourceFiles('test'), ...sourceFiles('build')];

const maxLines = 400;
const emptyNames = /^(index|utils?|helpers?|common|misc|managers?|services?|data|info|processors?)$/;

describe('the house rules', () => {
  it('no file is longer than 400 lines', () => {
    const long = all.filter(({ text }) => text.split('\n').length > maxLines).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it('every file and folder has a name that says something', () => {
    const bad = all.filter(({ path }) => path.split('/').some((part) => emptyNames.test(part.replace(/\.[^.]*$/, ''))));
    expect(bad.map(({ path }) => path)).toEqual([]);
  });

  it('file names are kebab-case, those of React components PascalCase.tsx', () => {
    const bad = all.filter(
      ({ path }) =>
        !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|config))?\.(?:ts|mjs)$/.test(path.split('/').at(-1)!) &&
        !/^renderer\/(?:.+\/)?[A-Z][A-Za-z0-9]*\.tsx$/.test(path) &&
        path !== 'renderer/main.tsx',
    );
    expect(bad.map(({ path }) => path)).toEqual([]);
  });

  it('no file only passes on what others export', () => {
    const barrels = [...server, ...renderer, ...shell].filter(({ text }) => {
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '').trim();
      return (
        code !== '' && code.split('\n').every((line) => /^export\s.*\sfrom\s/.test(line.trim()) || line.trim() === '')
      );
    });
    expect(barrels.map(({ path }) => path)).toEqual([]);
  });

  it('every file of the server, the renderer and the shell starts by saying what it is', () => {
    const silent = [...server, ...renderer, ...shell].filter(({ text }) => !text.startsWith('/**'));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('every unit test lies where its source lies', () => {
    const mirrored =
      /^test\/(base|protocol|balancer|export|cluster|daemon|updating|metrics|models|openapi|loadtest|plot|tuning|replica|security|sources|storage|sync|gateway|admin|host|launch|cli|electron|renderer)\/(.+)\.test\.ts$/;
    // `dispatcher-properties.test.ts` tests dispatcher.ts: a long test is split by what it is about.
    const hasSource = (folder: string, name: string): boolean =>
      existsSync(join(root, ['renderer', 'electron'].includes(folder) ? '' : 'server', folder, `${name}.ts`)) ||
      (name.includes('-') && hasSource(folder, name.slice(0, name.lastIndexOf('-'))));
    const lost = all.flatMap(({ path }) => {
      const match = mirrored.exec(path);
      return match === null || hasSource(match[1]!, match[2]!) ? [] : [path];
    });
    // A rule that holds across several files of a folder has a test of its own.
    expect(lost.filter((path) => path !== 'test/protocol/wording.test.ts')).toEqual([]);
  });

  it('the server reads nothing outside the project', () => {
    const wrong = server.filter(({ text }) => /(['"`])(?:\/home|\/root|\/Users)\//.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
