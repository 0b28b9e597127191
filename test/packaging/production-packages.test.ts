import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledPackages, importedPackages } from '../../build/staging/bundled-packages.ts';
import { productionPackages } from '../../build/staging/production-packages.ts';
import type { LockFile } from '../../build/staging/production-packages.ts';
import { pinnedNodeVersion, targetNamed, targetOf, targets } from '../../build/staging/targets.ts';
import { root } from '../architecture/source-files.ts';

const readJson = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'));
const lock = readJson('package-lock.json') as LockFile;
const about = readJson('package.json') as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

describe('the packages of a server folder', () => {
  const packages = productionPackages(lock, targets['linux-x64']);

  it('are all that package.json names as dependencies, but for the Node that npm brings', () => {
    const wanted = Object.keys(about.dependencies).filter((name) => name !== 'node');
    expect(names(packages)).toEqual(expect.arrayContaining(wanted));
    expect(names(packages)).not.toContain('node');
  });

  it('are none of those for development', () => {
    expect(
      packages.filter(({ path }) => Object.keys(about.devDependencies).includes(path.slice('node_modules/'.length))),
    ).toEqual([]);
  });

  it('are those for the system that is packed', () => {
    const some: LockFile = {
      packages: {
        '': {},
        'node_modules/all': {},
        'node_modules/win': { os: ['win32'] },
        'node_modules/not-win': { os: ['!win32'] },
        'node_modules/arm': { cpu: ['arm64'] },
        'node_modules/tool': { dev: true },
        'node_modules/tool-too': { devOptional: true },
      },
    };
    expect(names(productionPackages(some, { platform: 'win32', arch: 'x64' }))).toEqual(['all', 'win']);
    expect(names(productionPackages(some, { platform: 'linux', arch: 'arm64' }))).toEqual(['all', 'arm', 'not-win']);
  });
});

describe('the packages in a bundle', () => {
  it('are those that its sources import, by name', () => {
    const text = `import a from 'react';\nimport type { T } from 'only-types';\nimport '@scope/font/wght.css';\nimport { x } from './mine.ts';\nimport { readFile } from 'node:fs';\nconst z = await import("uplot/dist/x");`;
    expect(importedPackages(text)).toEqual(['react', '@scope/font', 'uplot']);
  });

  it('bring what they depend on, the nearest of two versions', () => {
    const some = {
      packages: {
        '': {},
        'node_modules/a': { version: '1.0.0', license: 'MIT', dependencies: { b: '^2.0.0' } },
        'node_modules/a/node_modules/b': { version: '2.0.0', license: 'ISC', dependencies: { c: '*' } },
        'node_modules/b': { version: '1.0.0', license: 'MIT' },
        'node_modules/c': { version: '3.0.0', license: 'MIT' },
      },
    } as LockFile;
    expect(bundledPackages(['a'], some).map(({ path }) => path)).toEqual([
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/c',
    ]);
  });

  it('must be in the lock file', () => {
    expect(() => bundledPackages(['nowhere'], { packages: {} })).toThrow(
      'nowhere is imported and not in the lock file',
    );
  });
});

describe('the targets', () => {
  it('are pinned to the Node that package.json names', () => {
    expect(pinnedNodeVersion).toBe(about.dependencies['node']);
  });

  it('are found by name and by what Node says of a machine', () => {
    expect(targetOf('linux', 'x64')?.name).toBe('linux-x64');
    expect(targetOf('darwin', 'x64')).toBeUndefined();
    expect(targetNamed('win32-x64').systemName).toBe('win');
    expect(() => targetNamed('beos')).toThrow("There is no target 'beos'. There are: linux-x64");
  });
});
