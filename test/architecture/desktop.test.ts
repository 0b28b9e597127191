/** What keeps the desktop shell thin, and its parts in step with what they must agree with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linkedPlaces } from '../../electron/deep-link.ts';
import { guiPolicy } from '../../electron/gui-protocol.ts';
import { guiPolicy as hostPolicy } from '../../server/admin/gui-files.ts';
import { root, sourceFiles } from './source-files.ts';

const shell = sourceFiles('electron');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The server's files that the shell may use as they are; types of the protocol aside. */
const ofTheServer = [
  'server/launch/',
  'server/updating/desktop-updates.ts',
  'server/cli/host-client.ts',
  'server/cli/data-directory.ts',
];
/** How the GUI follows the host: no React, no page. */
const ofTheRenderer = ['renderer/live/live-connection.ts', 'renderer/live/live-state.ts', 'renderer/live/readings.ts'];

describe('the desktop shell', () => {
  it('is thin: at most 1,000 lines in all', () => {
    expect(shell.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0)).toBeLessThanOrEqual(1000);
  });

  it('imports what it shares with server and GUI, and nothing else of theirs', () => {
    const wrong = shell.flatMap(({ path, imports }) =>
      imports
        .filter(
          (target) =>
            !target.startsWith('electron/') &&
            !target.startsWith('server/protocol/') &&
            ![...ofTheServer, ...ofTheRenderer].some((allowed) => target.startsWith(allowed)),
        )
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no dependency but Node, and Electron in two files', () => {
    const packages = shell.flatMap(({ path, packages: used }) =>
      used.filter((name) => /^[@\w][\w./-]*$/.test(name)).map((name) => `${path}: ${name}`),
    );
    expect(packages).toEqual([
      'electron/main.ts: electron',
      'electron/ports.ts: electron',
      'electron/preload.ts: electron',
    ]);
    expect(read('electron/ports.ts')).toContain("import type Electron from 'electron'");
  });

  it('never switches a safeguard of Electron off', () => {
    const wrong = shell.filter(({ text }) =>
      /no-sandbox|bypassCSP|corsEnabled|sandbox: false|webSecurity: false/.test(text),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('gives the page under the policy under which the host gives it', () => {
    expect(guiPolicy).toBe(hostPolicy);
  });

  it('has a link for each place of the GUI', () => {
    const places = [...read('renderer/frame/places.ts').matchAll(/path: '\/(\w+)'/g)].map((match) => match[1]!);
    expect(places.length).toBeGreaterThan(4);
    expect([...linkedPlaces].toSorted()).toEqual(places.toSorted());
  });

  it('listens only to events that Electron has, and the fake sends no other', () => {
    const declared = read('node_modules/electron/electron.d.ts');
    const namesIn = (folder: string, pattern: RegExp): string[] =>
      sourceFiles(folder).flatMap(({ text }) => [...text.matchAll(pattern)].map((match) => match[1]!));
    const heard = namesIn('electron', /\.(?:on|once)\('([a-z-]+)'/g);
    const sent = ['test/electron', 'test/e2e'].flatMap((folder) => namesIn(folder, /\.emit\('([a-z-]+)'/g));
    const names = [...heard, ...sent];
    expect(names).toContain('before-quit');
    const unknown = [...new Set(names)].filter((name) => !declared.includes(`(event: '${name}'`));
    expect(unknown).toEqual([]);
  });
});

describe('the tests', () => {
  it('never import the two files of the shell that import Electron', () => {
    const entries = new Set(['electron/main.ts', 'electron/preload.ts']);
    const wrong = sourceFiles('test').filter(({ imports }) => imports.some((target) => entries.has(target)));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('never import Electron itself: from Node that downloads its binary', () => {
    const wrong = ['test', 'server', 'renderer', 'build'].flatMap((folder) =>
      sourceFiles(folder).filter(({ text }) =>
        /^import (?!type )[^;]*from 'electron'|import\('electron'\)/m.test(text),
      ),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
