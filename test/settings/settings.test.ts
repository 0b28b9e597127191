/** Settings from several places: what holds, who said it, what a change does, and that a wrong one changes nothing. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../server/config.ts';
import { parseSetting, settingsOfEnvironment, variableOf } from '../../server/settings/environment.ts';
import { flatten, merge, nest, originOf } from '../../server/settings/layers.ts';
import { settingShapes } from '../../server/settings/setting-shapes.ts';
import { settingTable } from '../../server/settings/setting-table.ts';
import { SettingsDesk } from '../../server/settings/settings-desk.ts';
import { SettingsFile } from '../../server/settings/settings-file.ts';
import { readStartSettings } from '../../server/settings/start-settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Heard {
  readonly applied: [string, unknown][];
  readonly changed: (readonly string[])[];
}

function start(words: { file?: object; flags?: object; environment?: Record<string, string> } = {}) {
  const { config, layers, problem } = readStartSettings({
    file: (words.file ?? {}) as Record<string, unknown>,
    flags: (words.flags ?? {}) as Record<string, unknown>,
    environment: words.environment ?? {},
    dataDirectory: folder,
    models: '/models',
    where: 'The test',
  });
  const heard: Heard = { applied: [], changed: [] };
  const desk = new SettingsDesk({
    dataDirectory: folder,
    layers,
    problem,
    running: config,
    applyNow: (path, value) => heard.applied.push([path, value]),
    onChange: (paths) => heard.changed.push(paths),
  });
  const one = (path: string) => desk.view().settings.find((each) => each.path === path)!;
  return { config, desk, heard, one, problem };
}

describe('the table of settings', () => {
  it('has a sentence for every setting of the schema, and for none that is not', () => {
    expect(Object.keys(settingTable).toSorted()).toEqual(
      settingShapes()
        .map(({ path }) => path)
        .toSorted(),
    );
    for (const { about } of Object.values(settingTable)) expect(about).toMatch(/[.…]$/);
  });

  it('has the bounds, choices and defaults of the schema', () => {
    const shape = (path: string) => settingShapes().find((each) => each.path === path);
    expect(shape('http.port')).toEqual({ path: 'http.port', kind: 'number', min: 0, max: 65_535, default: 8000 });
    expect(shape('log.level')).toMatchObject({
      kind: 'choice',
      choices: expect.arrayContaining(['debug']),
      default: 'info',
    });
    expect(shape('allowedHosts')).toMatchObject({ kind: 'list', default: [] });
    expect(shape('cache.enabled')).toMatchObject({ kind: 'flag', default: true });
    expect(shape('defaults.replicas')).not.toHaveProperty('default');
    expect(shape('models')).not.toHaveProperty('default');
  });
});

describe('layers', () => {
  it('let flags win over the environment, that over the file, that over the interface', async () => {
    await new SettingsFile(folder).change({ 'http.port': 1, 'limits.maxConnections': 10 }, ['http.port'], new Date());
    const environment = { MILLRACE_HTTP_PORT: '3' };
    expect(start().config.http.port).toBe(1);
    expect(start({ file: { http: { port: 2 } } }).config.http.port).toBe(2);
    expect(start({ file: { http: { port: 2 } }, environment }).config.http.port).toBe(3);
    const all = start({ file: { http: { port: 2 } }, environment, flags: { http: { port: 4 } } });
    expect(all.config.http.port).toBe(4);
    expect(all.one('http.port')).toMatchObject({ origin: 'flag', isLocked: true, current: 4, default: 8000 });
    expect(all.one('limits.maxConnections')).toMatchObject({ origin: 'gui', isLocked: false, current: 10 });
    expect(all.one('admin.port')).toMatchObject({ origin: 'default', isLocked: false, isWaiting: false });
  });

  it('come out of nesting as they went in', () => {
    const leaves = settingShapes().map(({ path }) => path);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...leaves), fc.oneof(fc.integer(), fc.string())), (flat) => {
        expect(flatten(nest(flat))).toEqual(flat);
      }),
    );
  });

  it('name what is no setting, so that the schema refuses it', () => {
    expect(flatten({ http: { prot: 1 }, nonsense: { a: 1 } })).toEqual({ 'http.prot': 1, nonsense: { a: 1 } });
    expect(() => start({ file: { http: { prot: 1 } } })).toThrow(/prot/);
  });

  it('say who is the strongest', () => {
    const layers = { gui: { a: 1 }, file: { a: 2 }, environment: {}, flag: {} };
    expect(originOf(layers, 'a')).toBe('file');
    expect(originOf(layers, 'b')).toBe('default');
    expect(merge(layers)).toEqual({ a: 2 });
  });
});

describe('the environment', () => {
  it('has a variable for each setting, no two alike', () => {
    expect(variableOf('limits.maxBodyBytes')).toBe('MILLRACE_LIMITS_MAX_BODY_BYTES');
    const names = settingShapes().map(({ path }) => variableOf(path));
    expect(new Set(names).size).toBe(names.length);
  });

  it('is read by kind, and refused by the schema where it is wrong', () => {
    const environment = { MILLRACE_CACHE_ENABLED: 'false', MILLRACE_ALLOWED_HOSTS: 'a.example, b.example', OTHER: 'x' };
    expect(settingsOfEnvironment(environment)).toEqual({
      'cache.enabled': false,
      allowedHosts: ['a.example', 'b.example'],
    });
    expect(() => start({ environment: { MILLRACE_HTTP_PORT: 'eight' } })).toThrow(/http\.port/);
    expect(parseSetting({ kind: 'number' }, ' ')).toBe(' ');
  });
});

describe('a change', () => {
  it('is kept for the next start and says that it waits', async () => {
    const { desk, one, heard } = start();
    const view = await desk.change({ 'defaults.timeoutMs': 30_000 });
    expect(view).toMatchObject({ isRestartNeeded: true, undo: [{ paths: ['defaults.timeoutMs'] }] });
    expect(one('defaults.timeoutMs')).toMatchObject({ current: 60_000, next: 30_000, isWaiting: true, origin: 'gui' });
    expect(heard.changed).toEqual([['defaults.timeoutMs']]);
    expect(start().config.defaults.timeoutMs).toBe(30_000);
    expect(statSync(join(folder, 'settings.json')).mode & 0o077).toBe(0);
  });

  it('holds at once where that is possible', async () => {
    const { desk, one, heard } = start();
    await desk.change({ 'log.level': 'debug' });
    expect(heard.applied).toEqual([['log.level', 'debug']]);
    expect(one('log.level')).toMatchObject({ current: 'debug', isWaiting: false });
    await desk.undo();
    expect(heard.applied.at(-1)).toEqual(['log.level', 'info']);
  });

  it('is all or nothing', async () => {
    const { desk, heard } = start();
    await expect(desk.change({ 'http.port': 9000, 'limits.maxConnections': 0 })).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('limits.maxConnections'),
    });
    await expect(desk.change({ 'no.such': 1 })).rejects.toMatchObject({ code: 'invalid-request' });
    // Settings that are each fine and do not go together.
    await expect(desk.change({ 'limits.headersTimeoutMs': 300_000 })).rejects.toThrow(/requestTimeoutMs/);
    // LAN without keys.
    await expect(desk.change({ 'http.host': '0.0.0.0' })).rejects.toMatchObject({ code: 'invalid-request' });
    expect(desk.view()).toMatchObject({ isRestartNeeded: false, undo: [] });
    expect(heard.changed).toEqual([]);
  });

  it('is refused where somebody stronger says it, or it is set at the start', async () => {
    const { desk } = start({ file: { http: { port: 2 } } });
    await expect(desk.change({ 'http.port': 3 })).rejects.toMatchObject({ code: 'conflict' });
    await expect(desk.change({ dataDirectory: '/elsewhere' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(desk.change({ sources: [] })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is taken back, one after the other, and no further', async () => {
    const { desk, one } = start();
    await desk.change({ 'http.port': 1111 });
    await desk.change({ 'http.port': 2222, 'admin.port': 3333 });
    await desk.undo();
    expect([one('http.port').next, one('admin.port').isWaiting]).toEqual([1111, false]);
    await desk.undo();
    expect(desk.view().isRestartNeeded).toBe(false);
    await expect(desk.undo()).rejects.toMatchObject({ code: 'conflict' });
  });

  it('keeps the last twenty before it', async () => {
    const { desk } = start();
    for (let port = 1; port <= 25; port++) await desk.change({ 'http.port': port });
    expect(desk.view().undo).toHaveLength(20);
  });

  it('lets the default hold again with null', async () => {
    const { desk, one } = start();
    await desk.change({ 'http.port': 1111 });
    await desk.change({ 'http.port': null });
    expect(one('http.port')).toMatchObject({ origin: 'default', isWaiting: false });
  });
});

describe('a file', () => {
  it('has what is not the default, and nothing secret or of this computer', async () => {
    const { desk } = start({
      file: { cache: { redis: 'redis://:pw@h:1' }, models: '/m' },
      flags: { admin: { port: 9 } },
    });
    await desk.change({ 'http.port': 1111 });
    expect(desk.export()).toEqual({ version: 1, settings: { http: { port: 1111 }, admin: { port: 9 } } });
    expect(JSON.stringify([desk.view(), desk.shown()])).not.toContain('pw');
  });

  it('is taken over as one change, and first only looked at', async () => {
    const { desk, heard } = start({ flags: { admin: { port: 9 } } });
    const file = { http: { port: 1111 }, admin: { port: 10 }, nonsense: 1, dataDirectory: '/x' };
    const looked = await desk.import({ version: 1, settings: file }, true);
    expect(looked.changes).toEqual([{ path: 'http.port', from: 8000, to: 1111 }]);
    expect(looked.leftOut.map(({ path }) => path).toSorted()).toEqual(['admin.port', 'dataDirectory', 'nonsense']);
    expect(heard.changed).toEqual([]);
    await desk.import(file, false);
    expect(heard.changed).toEqual([['http.port']]);
    await desk.undo();
    expect(desk.view().isRestartNeeded).toBe(false);
  });

  it('is refused as a whole where the schema refuses a part', async () => {
    const { desk } = start();
    await expect(desk.import({ http: { port: 1111 }, limits: { maxConnections: -1 } }, false)).rejects.toMatchObject({
      code: 'invalid-request',
    });
    expect(desk.view().undo).toEqual([]);
  });
});

describe('what the interface kept', () => {
  it('never keeps a host from starting', async () => {
    writeFileSync(join(folder, 'settings.json'), '{ damaged');
    const damaged = start();
    expect([damaged.config.http.port, damaged.problem]).toEqual([8000, expect.stringContaining('settings.json')]);
    expect(damaged.desk.view().problem).toContain('settings.json');
    await damaged.desk.change({ 'http.port': 1 });
    expect(JSON.parse(readFileSync(join(folder, 'settings.json'), 'utf8'))).toMatchObject({
      values: { 'http.port': 1 },
    });
    // Written by a newer Millrace, or by hand.
    writeFileSync(join(folder, 'settings.json'), JSON.stringify({ values: { 'http.port': 'x' }, undo: [] }));
    expect(start().problem).toContain('http.port');
  });

  it('is not blamed for what a person wrote', () => {
    writeFileSync(join(folder, 'settings.json'), JSON.stringify({ values: { 'http.port': 1 }, undo: [] }));
    expect(() => start({ file: { limits: { maxConnections: -1 } } })).toThrow(/limits\.maxConnections/);
  });
});

it('parseConfig knows every default that the list shows', () => {
  const config = parseConfig({ models: '-', dataDirectory: '-' }, 'x');
  for (const { path, default: value } of settingShapes()) {
    if (value !== undefined) expect(flatten(config as never)[path], path).toEqual(value);
  }
});
