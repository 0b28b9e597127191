import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyLoginItem, autostartText } from '../../electron/login-item.ts';
import { FakeElectron } from '../fakes/electron.ts';

describe('start at login', () => {
  let configFolder: string;
  beforeEach(() => {
    configFolder = mkdtempSync(join(tmpdir(), 'millrace-login-'));
  });
  afterEach(() => rmSync(configFolder, { recursive: true }));
  const entry = (): string => join(configFolder, 'autostart', 'millrace.desktop');

  it('is a file on Linux, which goes when it is switched off', () => {
    const { app } = new FakeElectron('/app', {}).port;
    const place = { platform: 'linux' as const, words: ['/opt/Millrace/millrace'], configFolder };
    applyLoginItem(app, place, true);
    expect(readFileSync(entry(), 'utf8')).toContain('Exec="/opt/Millrace/millrace" "--hidden"\n');
    applyLoginItem(app, { ...place, words: ['/home/p/Millrace.AppImage'] }, true);
    expect(readFileSync(entry(), 'utf8')).toContain('Exec="/home/p/Millrace.AppImage" "--hidden"\n');
    applyLoginItem(app, place, false);
    expect(existsSync(entry())).toBe(false);
    applyLoginItem(app, place, false);
  });

  it.each(['win32', 'darwin'] as const)("is the system's own list on %s", (platform) => {
    const electron = new FakeElectron('/app', {});
    const place = { platform, words: ['/electron', '/clone'], configFolder };
    applyLoginItem(electron.port.app, place, true);
    expect(electron.app.loginItem).toEqual({ openAtLogin: true, args: ['/clone', '--hidden'] });
    applyLoginItem(electron.port.app, place, false);
    expect(electron.app.loginItem.openAtLogin).toBe(false);
    expect(existsSync(entry())).toBe(false);
  });

  it('quotes what a desktop entry would read as its own', () => {
    expect(autostartText([String.raw`/a b/100%/$HOME/"q"/\x`])).toContain(
      String.raw`Exec="/a b/100%%/\\$HOME/\\"q\\"/\\\\x"` + '\n',
    );
  });
});
