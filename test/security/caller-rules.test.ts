import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AccessDatabase } from '../../server/security/access-database.ts';
import { CallerRules } from '../../server/security/caller-rules.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-caller-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

function setUp(path = join(folder, `${++count}.db`), fixed: readonly string[] = []) {
  const database = AccessDatabase.open(path);
  return { path, database, rules: new CallerRules(database, fixed) };
}

describe('the rules of callers', () => {
  it('allow names here and on the network, those of the network there only', () => {
    const { rules, database } = setUp(undefined, ['Fixed.lan']);
    rules.setNetworkNames(['192.168.1.5', 'pc.local']);
    rules.change({ add: { host: 'Vision.lan' } });
    for (const name of ['fixed.lan', 'vision.lan:8000', 'localhost']) {
      expect([rules.here.accepts(name), rules.network.accepts(name)], name).toEqual([true, true]);
    }
    for (const name of ['192.168.1.5', 'pc.local:8000']) {
      expect([rules.here.accepts(name), rules.network.accepts(name)], name).toEqual([false, true]);
    }
    rules.change({ remove: { host: 'VISION.lan' } });
    expect(rules.network.accepts('vision.lan')).toBe(false);
    database.close();
  });

  it('allow pages by their whole origin', () => {
    const { rules, database } = setUp();
    rules.change({ add: { origin: 'https://Panel.example:443/path' } });
    expect(rules.view().origins).toEqual(['https://panel.example']);
    expect(rules.allowsOrigin('https://panel.example')).toBe(true);
    for (const other of [
      'http://panel.example',
      'https://panel.example:8443',
      'https://panel.example.evil',
      'null',
      '',
    ]) {
      expect(rules.allowsOrigin(other), other).toBe(false);
    }
    database.close();
  });

  it('are there after a restart, and each is taken once', () => {
    const first = setUp();
    for (let at = 0; at < 3; at++)
      first.rules.change({ add: { host: 'a.lan', blocked: '10.0.0.7' }, localNeedsKey: false });
    first.database.close();
    const second = setUp(first.path);
    expect(second.rules.view()).toEqual({ hosts: ['a.lan'], origins: [], blocked: ['10.0.0.7'], localNeedsKey: false });
    expect(second.rules.isBlocked('10.0.0.7')).toBe(true);
    second.database.close();
  });

  it('are bounded', () => {
    const { rules, database } = setUp();
    for (let at = 0; at < 64; at++) rules.change({ add: { host: `h${at}.lan` } });
    expect(() => rules.change({ add: { host: 'one.more' } })).toThrow('64');
    expect(rules.view().hosts).toHaveLength(64);
    database.close();
  });

  it.each(['*', '*.lan', 'a..b', 'http://a', 'a:80', 'a/b', '', '0.0.0.0', '000', '-a', 'a b', '[::]x'])(
    'do not take %j for a name',
    (host) => {
      const { rules, database } = setUp();
      expect(() => rules.change({ add: { host } })).toThrow('no name');
      database.close();
    },
  );
});
