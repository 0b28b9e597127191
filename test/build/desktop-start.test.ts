/** When `npm start` opens a window, and what it says when it does not. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decideDesktop, downloadFault, electronProgram } from '../../build/desktop-start.mjs';

const desk = {
  platform: 'linux' as NodeJS.Platform,
  arch: 'x64',
  env: { DISPLAY: ':0' } as Record<string, string | undefined>,
  userId: 1000,
  serveWords: [] as string[],
  isInstalled: true,
};

describe('npm start', () => {
  it('opens the window where Electron is, and fetches it where it can be', () => {
    expect(decideDesktop(desk)).toBe('open');
    expect(decideDesktop({ ...desk, env: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe('open');
    expect(decideDesktop({ ...desk, isInstalled: false })).toBe('fetch');
    expect(decideDesktop({ ...desk, platform: 'win32', env: {}, userId: undefined })).toBe('open');
    expect(decideDesktop({ ...desk, platform: 'darwin', arch: 'arm64', env: {} })).toBe('open');
  });

  it.each([
    ['there is no display', { env: {} }],
    ['there is no display', { platform: 'win32', env: { SESSIONNAME: 'Services' } }],
    ["Electron's sandbox does not run as root", { userId: 0 }],
    ['this is a build machine (CI is set)', { env: { DISPLAY: ':0', CI: 'true' } }],
    ['--port is for a host without a window', { serveWords: ['--port', '9000'] }],
    ['the window needs a Mac with Apple silicon', { platform: 'darwin', arch: 'x64', env: {} }],
  ] as const)('says that %s, and downloads nothing then', (reason, changes) => {
    for (const isInstalled of [true, false])
      expect(
        decideDesktop({
          ...desk,
          ...changes,
          serveWords: [...(('serveWords' in changes && changes.serveWords) || [])],
          isInstalled,
        }),
      ).toEqual({ reason });
  });

  it('finds Electron by the rules of its package', () => {
    expect(electronProgram('/c', 'win32', {})).toBe(join('/c', 'node_modules', 'electron', 'dist', 'electron.exe'));
    expect(electronProgram('/c', 'linux', { ELECTRON_OVERRIDE_DIST_PATH: '/e' })).toBe(join('/e', 'electron'));
  });

  it.each([
    ['RequestError: getaddrinfo ENOTFOUND github.com\n  at x', 'ENOTFOUND'],
    ['TypeError: fetch failed\n  [cause]: Error: connect ECONNREFUSED 10.0.0.1:443', 'fetch failed'],
    ['', 'no reason given'],
  ])('says in a word why a download failed: %j', (text, word) => {
    expect(downloadFault(text)).toBe(word);
  });
});
