import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shellPaths } from '../../electron/shell-paths.ts';
import { root } from '../architecture/source-files.ts';

it('a clone is its own server folder and has nothing to compare', () => {
  const paths = shellPaths({ isPackaged: false, appPath: root, resourcesPath: '/x', platform: process.platform });
  expect(existsSync(paths.node), paths.node).toBe(true);
  expect(existsSync(paths.program), paths.program).toBe(true);
  expect(paths.guiFolder).toBe(join(root, 'dist', 'gui'));
  expect(paths.manifest).toBeUndefined();
});

it('a package has the server beside the asar and the list of its files inside', () => {
  const asar = join('/res', 'app.asar');
  const paths = shellPaths({ isPackaged: true, appPath: asar, resourcesPath: '/res', platform: 'win32' });
  expect(paths).toEqual({
    serverFolder: join('/res', 'server'),
    node: join('/res', 'server', 'bin', 'node.exe'),
    program: join('/res', 'server', 'bin', 'millrace.mjs'),
    guiFolder: join('/res', 'server', 'dist', 'gui'),
    icons: join('/res', 'icons'),
    preload: join(asar, 'dist', 'electron', 'preload.cjs'),
    updates: join(asar, 'dist', 'electron', 'updates.json'),
    manifest: join(asar, 'dist', 'electron', 'server-manifest.json'),
  });
});
