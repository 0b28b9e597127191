import { describe, expect, it } from 'vitest';
import { HostCheck } from '../../server/security/host-check.ts';

const accepted = ['localhost', 'LOCALHOST', 'localhost:8000', '127.0.0.1', '127.0.0.1:1', '[::1]', '[::1]:65535'];

const refused = [
  '',
  ' ',
  'evil.example',
  '0.0.0.0',
  '0.0.0.0:8000',
  'localhost.evil.com',
  '127.0.0.1.evil.com',
  'evil-localhost',
  'localhost.',
  'localhost:',
  'localhost:65536',
  'localhost:999999',
  'localhost:-1',
  'localhost:80:80',
  'localhost:80.evil.com',
  'localhost/',
  'localhost\\',
  'localhost evil.com',
  'localhost,evil.com',
  'localhost\t',
  'user@localhost',
  'http://localhost',
  '127.0.0.2',
  '127.1',
  '0x7f.0.0.1',
  '2130706433',
  '::1',
  '[::1',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  'ｌocalhost',
  'localhoſt',
  'constructor',
  '__proto__',
];

describe('the Host check', () => {
  it.each(accepted)('accepts %s', (host) => {
    const check = new HostCheck();
    expect(check.accepts(host)).toBe(true);
    expect(check.accepts(host)).toBe(true); // From memory, the second time.
  });

  it.each(refused)('refuses %j', (host) => {
    const check = new HostCheck();
    for (const name of accepted) check.accepts(name);
    expect(check.accepts(host)).toBe(false);
    expect(check.accepts(host)).toBe(false);
  });

  it('refuses a missing header', () => {
    expect(new HostCheck().accepts(undefined)).toBe(false);
  });

  it('accepts further names exactly, without regard to case', () => {
    const check = new HostCheck(['Millrace.Lan', '192.168.1.7']);
    for (const host of ['millrace.lan', 'MILLRACE.LAN:8000', '192.168.1.7:8000', 'localhost']) {
      expect(check.accepts(host)).toBe(true);
    }
    for (const host of [
      'x.millrace.lan',
      'millrace.lan.evil.com',
      'millrace',
      '192.168.1.70',
      '192.168.1.7.evil.com',
    ]) {
      expect(check.accepts(host)).toBe(false);
    }
  });

  it('does not slow down or forget under many spellings', () => {
    const check = new HostCheck();
    for (let port = 0; port < 1000; port++) expect(check.accepts(`localhost:${port}`)).toBe(true);
    expect(check.accepts('localhost:999')).toBe(true);
    const long = `${'a'.repeat(100_000)}.localhost`;
    const startedMs = performance.now();
    expect(check.accepts(long)).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(50);
  });
});

describe('the Origin check', () => {
  const check = new HostCheck(['millrace.lan']);

  it.each([
    [undefined, undefined],
    [undefined, 'none'],
    [undefined, 'same-origin'],
    ['http://localhost', undefined],
    ['http://localhost:3000', 'same-site'],
    ['https://127.0.0.1:8443', 'same-origin'],
    ['HTTP://LOCALHOST', undefined],
    ['http://[::1]:8000', undefined],
    ['http://millrace.lan', undefined],
  ])('lets Origin %s with Sec-Fetch-Site %s in', (origin, site) => {
    expect(check.acceptsOrigin(origin, site)).toBe(true);
  });

  it.each([
    [undefined, 'cross-site'],
    ['http://localhost', 'cross-site'],
    ['https://evil.example', undefined],
    ['https://evil.example', 'same-origin'],
    ['null', undefined],
    ['', undefined],
    ['localhost', undefined],
    ['file://', undefined],
    ['file://localhost', undefined],
    ['chrome-extension://localhost', undefined],
    ['http://localhost.evil.com', undefined],
    ['http://evil.com/http://localhost', undefined],
    ['http://localhost@evil.com', undefined],
    ['http://evil.com#localhost', undefined],
    ['http://localhost http://evil.com', undefined],
    ['http://0.0.0.0', undefined],
  ])('keeps Origin %s with Sec-Fetch-Site %s out', (origin, site) => {
    expect(check.acceptsOrigin(origin, site)).toBe(false);
  });
});
