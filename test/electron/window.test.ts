/** The window on the fake: what its page may do, where it goes, and what closing it means. */
import type Electron from 'electron';
import { describe, expect, it } from 'vitest';
import { failedPage } from '../../electron/gui-protocol.ts';
import { MainWindow, lockPages, pagePreferences } from '../../electron/window.ts';
import { FakeElectron, FakeEvent } from '../fakes/electron.ts';

function open({ onClose = () => 'quit' as 'hide' | 'quit' | undefined } = {}) {
  const electron = new FakeElectron('/app', {});
  lockPages(electron.port, () => 'http://127.0.0.1:8000');
  const heard: string[] = [];
  electron.app.on('before-quit', (event: FakeEvent) => {
    heard.push('quit');
    event.preventDefault();
  });
  const window = new MainWindow({
    electron: electron.port,
    preload: '/app/preload.cjs',
    onClose,
    onHidden: () => heard.push('hidden'),
    onSessionEnding: () => heard.push('session-ending'),
  });
  return { electron, window, heard, fake: electron.window };
}

describe('the page of the window', () => {
  it('runs in a sandbox, apart from the preload, without Node and without foreign frames', () => {
    const { fake } = open();
    expect(fake.options.webPreferences).toEqual({ ...pagePreferences, preload: '/app/preload.cjs' });
    expect(pagePreferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
    });
    expect(fake.options.show).toBe(false);
  });

  it.each(['will-navigate', 'will-frame-navigate', 'will-redirect'] as const)('may %s within the GUI only', (event) => {
    const { fake } = open();
    expect(fake.contents.wantsToGo(event, 'app://gui/models')).toBe(true);
    for (const url of ['https://evil.example/', 'file:///etc/passwd', 'app://evil/', 'http://127.0.0.1:8000/'])
      expect(fake.contents.wantsToGo(event, url)).toBe(false);
  });

  it('opens no window of its own, and in the browser only where apps call', () => {
    const { electron, fake } = open();
    const ask = (url: string) => fake.contents.openHandler!({ url } as Electron.HandlerDetails);
    expect(ask('http://127.0.0.1:8000/reference')).toEqual({ action: 'deny' });
    for (const url of ['https://evil.example/', 'file:///etc/passwd', 'ms-settings:', 'javascript:alert(1)'])
      expect(ask(url)).toEqual({ action: 'deny' });
    expect(electron.openedOutside).toEqual(['http://127.0.0.1:8000/reference']);
  });

  it('gets no webview', () => {
    const { fake } = open();
    let isPrevented = false;
    fake.contents.emit('will-attach-webview', { preventDefault: () => (isPrevented = true) });
    expect(isPrevented).toBe(true);
  });

  it('is granted nothing but copying, by both of the ways that Electron asks', () => {
    const { electron, fake } = open();
    const granted: string[] = [];
    for (const permission of ['clipboard-sanitized-write', 'geolocation', 'media', 'notifications', 'hid'] as const) {
      if (electron.permissionCheck!(null, permission, 'app://gui/', {} as never)) granted.push(`check ${permission}`);
      fake.contents.url = 'app://gui/connect';
      electron.permissionRequest!(
        fake.webContents as never,
        permission,
        (isGranted) => isGranted && granted.push(`request ${permission}`),
        {} as never,
      );
    }
    expect(granted).toEqual(['check clipboard-sanitized-write', 'request clipboard-sanitized-write']);
    expect(electron.permissionCheck!(null, 'clipboard-sanitized-write', 'https://evil.example', {} as never)).toBe(
      false,
    );
  });

  it('is loaded again when its process dies, and is an error page when that happens twice', () => {
    const { window, fake } = open();
    window.show();
    fake.contents.emit('render-process-gone');
    expect(fake.loaded).toEqual(['app://gui/', 'app://gui/']);
    fake.contents.emit('render-process-gone');
    expect(fake.loaded.at(-1)).toBe(`app://gui${failedPage}`);
    window.show('/models');
    expect(fake.loaded.at(-1)).toBe('app://gui/models');
  });
});

describe('the window', () => {
  it('loads nothing before it is shown', () => {
    const { window, fake } = open();
    window.tell('shell:opened');
    expect(fake.loaded).toEqual([]);
    expect(fake.contents.sent).toEqual([]);
    window.show('/models/iris');
    expect(fake.loaded).toEqual(['app://gui/models/iris']);
    expect(fake.isVisible()).toBe(true);
  });

  it('goes to a place without loading the page anew, so that what was begun there goes on', () => {
    const { window, fake } = open();
    window.show();
    window.show('/connect');
    window.show();
    expect(fake.loaded).toEqual(['app://gui/']);
    expect(fake.contents.sent).toEqual([['shell:navigate', '/connect']]);
  });

  it('comes back from the task bar', () => {
    const { window, fake } = open();
    window.show();
    fake.isMinimizedNow = true;
    expect(window.isLooking).toBe(false);
    window.show();
    expect(fake.isMinimizedNow).toBe(false);
    expect(window.isLooking).toBe(true);
    fake.blur();
    expect(window.isLooking).toBe(false);
  });

  it('has the size that it had, and shows itself by nothing that is restored', () => {
    const { fake } = open();
    expect(fake.options).toMatchObject({ name: 'main', windowStatePersistence: { displayMode: false } });
  });

  it('goes to the tray when it is closed', () => {
    const { window, fake, heard } = open({ onClose: () => 'hide' });
    window.show();
    expect(fake.close()).toBe(false);
    expect(fake.isVisible()).toBe(false);
    expect(heard).toEqual(['hidden']);
  });

  it('ends the program when it is closed and nobody chose the tray', () => {
    const { window, fake, heard } = open({ onClose: () => 'quit' });
    window.show();
    fake.emit('close', { preventDefault: () => {} });
    expect(heard).toEqual(['quit']);
    expect(fake.isVisible()).toBe(false);
  });

  it('closes while the program ends', () => {
    const { window, fake } = open({ onClose: () => undefined });
    window.show();
    expect(fake.close()).toBe(true);
    window.tell('shell:opened');
    expect(fake.contents.sent).toEqual([]);
  });

  it('hears that the session ends, which Windows says to windows only', () => {
    const { fake, heard } = open();
    fake.emit('session-end', { reasons: ['logoff'] });
    expect(heard).toEqual(['session-ending']);
  });
});
