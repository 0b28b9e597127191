/** What the window may show, ask and open (S60, S62, S66). */
import { describe, expect, it } from 'vitest';
import { allowsPermission, decideClose, decideReload, isGuiUrl, opensInBrowser } from '../../electron/window-policy.ts';

describe('an address of our own page', () => {
  it.each(['app://gui/', 'app://gui/models/iris?x=1#t', 'APP://gui/'])('%s is one', (url) => {
    expect(isGuiUrl(url)).toBe(true);
  });

  it.each([
    'https://gui/',
    'app://evil/',
    'app://gui.evil.example/',
    'app://gui:80/',
    'app://user@gui/',
    'app:/gui',
    'file:///app://gui/',
    'javascript:app://gui/',
    'data:text/html,app://gui/',
    'about:blank',
    '',
    'gui',
  ])('%s is none', (url) => {
    expect(isGuiUrl(url)).toBe(false);
  });
});

describe('a link to outside', () => {
  const own = 'http://127.0.0.1:8000';

  it('opens in the browser where apps call this host', () => {
    expect(opensInBrowser('http://127.0.0.1:8000/reference', own)).toBe(true);
    expect(opensInBrowser('https://192.168.1.7:8000/', 'https://192.168.1.7:8000')).toBe(true);
  });

  it.each([
    'http://127.0.0.1:8001/',
    'http://127.0.0.1:8000@evil.example/',
    'http://user@127.0.0.1:8000/',
    'https://127.0.0.1:8000/',
    'https://evil.example/',
    'file:///etc/passwd',
    'ms-settings:privacy',
    'javascript:alert(1)',
    'millrace://models',
    'app://gui/',
    'not a url',
  ])('%s opens nothing', (url) => {
    expect(opensInBrowser(url, own)).toBe(false);
  });

  it('opens nothing whose port only begins alike', () => {
    expect(opensInBrowser('http://127.0.0.1:8000/', 'http://127.0.0.1:800')).toBe(false);
  });

  it('opens nothing while no host runs', () => {
    expect(opensInBrowser('http://127.0.0.1:8000/', undefined)).toBe(false);
  });
});

describe('a permission', () => {
  it('is given to our page for copying text, and to nobody for anything else', () => {
    expect(allowsPermission('clipboard-sanitized-write', 'app://gui/connect')).toBe(true);
    expect(allowsPermission('clipboard-sanitized-write', 'https://evil.example/')).toBe(false);
    for (const each of ['clipboard-read', 'geolocation', 'media', 'notifications', 'hid', 'usb', 'openExternal'])
      expect(allowsPermission(each, 'app://gui/')).toBe(false);
  });
});

describe('closing the window', () => {
  it('ends the program, unless a person chose the tray or the system keeps programs without windows', () => {
    expect(decideClose(false, 'win32')).toBe('quit');
    expect(decideClose(false, 'linux')).toBe('quit');
    expect(decideClose(true, 'win32')).toBe('hide');
    expect(decideClose(true, 'linux')).toBe('hide');
    expect(decideClose(false, 'darwin')).toBe('hide');
  });
});

describe('a page whose process died', () => {
  it('is loaded again, once in a minute', () => {
    expect(decideReload(undefined, 5000)).toBe('reload');
    expect(decideReload(5000, 64_999)).toBe('show-error');
    expect(decideReload(5000, 65_000)).toBe('reload');
  });
});
