/** Settings and the log of a running host, over the admin API and the command line; and that the next start uses what was changed. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';
import type { LogView } from '../../server/protocol/admin/log-view.ts';
import type { SettingsImported, SettingsView } from '../../server/protocol/admin/settings-view.ts';
import { until } from '../support/host-process.ts';
import { MillraceCommand, millrace, StoreHost } from '../support/millrace-command.ts';
import { HostClient } from '../../server/cli/host-client.ts';
import { TestHost } from '../support/test-host.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-settings-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('settings', { timeout: 120_000 }, () => {
  it('that are changed over the API are what the next start runs with', async () => {
    const data = join(folder, 'data');
    {
      await using host = await StoreHost.start(data);
      expect(host.models.length).toBeGreaterThan(0);
      const client = await HostClient.find(data);
      const before = await client.get<SettingsView>('/settings');
      const port = before.settings.find(({ path }) => path === 'http.port');
      expect(port).toMatchObject({ origin: 'flag', isLocked: true, current: 0, default: 8000 });
      const changed = await client.patch<SettingsView>('/settings', { changes: { 'defaults.timeoutMs': 4321 } });
      expect(changed.isRestartNeeded).toBe(true);
      await expect(client.patch('/settings', { changes: { 'http.port': 1 } })).rejects.toMatchObject({
        code: 'conflict',
      });
      await expect(client.patch('/settings', { changes: { 'limits.maxConnections': 0 } })).rejects.toMatchObject({
        code: 'invalid-request',
      });
      const events = await client.get<HostEvent[]>('/events?kind=settings');
      expect(events.map(({ sentence }) => sentence)).toEqual(['Settings were changed: defaults.timeoutMs.']);
    }
    await using host = await StoreHost.start(data);
    expect(host.models.length).toBeGreaterThan(0);
    const client = await HostClient.find(data);
    const { models } = await client.status();
    expect(models.every(({ timeoutMs }) => timeoutMs === 4321)).toBe(true);
    const view = await client.get<SettingsView>('/settings');
    expect(view.isRestartNeeded).toBe(false);
    expect(view.settings.find(({ path }) => path === 'defaults.timeoutMs')).toMatchObject({
      origin: 'gui',
      current: 4321,
      isWaiting: false,
    });
  });

  it('are changed by the command line, with a host and without one', async () => {
    const data = join(folder, 'data');
    const settings = (...args: string[]) => millrace('settings', ...args, '--data', data);
    expect((await settings('set', 'log.level', 'warn')).stdout).toBe('log.level is changed. The next start uses it.\n');
    expect((await settings('set', 'log.level', 'loud')).code).toBe(1);
    expect((await settings('set', 'no.such', '1')).stderr).toContain("no setting 'no.such'");
    expect((await settings('list', '--changed')).stdout).toMatch(/^SETTING .*\nlog\.level +warn +info +gui\n$/);
    const file = join(folder, 'settings.json');
    expect((await settings('export', file)).code).toBe(0);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ version: 1, settings: { log: { level: 'warn' } } });
    expect((await settings('undo')).code).toBe(0);
    expect((await settings('list', '--changed')).stdout).toBe('Every setting is its default.\n');
    {
      await using host = await TestHost.start({ settings: { log: { level: 'silent', format: 'json' } } });
      const there = (...args: string[]) => millrace('settings', ...args, '--data', host.dataDirectory);
      await writeFile(file, JSON.stringify({ drainTimeoutMs: 5000, defaults: { timeoutMs: 1234 } }));
      expect((await there('import', file, '--dry-run')).stdout).toMatch(/drainTimeoutMs +60000 +5000/);
      expect((await there('import', file)).stdout).toContain('Restart Millrace for defaults.timeoutMs.');
      expect((await there('unset', 'defaults.timeoutMs')).stdout).toBe(
        'defaults.timeoutMs is changed. It holds now.\n',
      );
      const answer = await host.admin('/settings/import', { body: JSON.stringify({ file: { 'a.b': 1 } }) });
      expect(answer.json<SettingsImported>().leftOut).toEqual([{ path: 'a.b', why: 'There is no such setting.' }]);
    }
  });

  it('come from variables of the environment too', async () => {
    const data = join(folder, 'data');
    const command = new MillraceCommand(
      ['serve', '--demo', '--json', '--data', data, '--port', '0', '--admin-port', '0'],
      { MILLRACE_DEFAULTS_TIMEOUT_MS: '2222', MILLRACE_LOG_LEVEL: 'error' },
    );
    await new Promise<void>((resolve) => command.child.stdout!.once('data', () => resolve()));
    const view = await (await HostClient.find(data)).get<SettingsView>('/settings');
    expect(view.settings.find(({ path }) => path === 'defaults.timeoutMs')).toMatchObject({
      origin: 'environment',
      isLocked: true,
      current: 2222,
    });
    command.child.kill('SIGTERM');
    expect((await command.ended).code).toBe(0);
  });
});

describe('the log', { timeout: 120_000 }, () => {
  it('is read by level and words, and followed', async () => {
    await using host = await TestHost.start();
    const read = async (query: string) => (await host.admin(`/log?${query}`)).json<LogView>();
    const all = await read('');
    expect(all.entries.map(({ message }) => message)).toContain('iris/1 is ready.');
    expect((await read('search=DIGITS+ready&level=info')).entries.length).toBeGreaterThan(0);
    expect((await read('level=error')).entries).toEqual([]);
    const [iris] = (await host.status()).models.find(({ name }) => name === 'iris')!.versions[0]!.replicas;
    process.kill(iris!.pid, 'SIGKILL');
    await until('the log tells of the death', 20_000, async () => {
      const { entries } = await read(`after=${all.lastId}&level=warn`);
      return entries.some(({ message }) => message.includes('ended (SIGKILL)'));
    });
    expect((await host.admin('/log?level=loud')).status).toBe(400);
    const logs = await millrace('logs', '--data', host.dataDirectory, '--level', 'warn');
    expect(logs.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}warn {3}iris\/1#\d ended \(SIGKILL\)/m);
    const follower = new MillraceCommand([
      'logs',
      '--data',
      host.dataDirectory,
      '--follow',
      '--search',
      'changed: log',
    ]);
    let heard = '';
    follower.child.stdout!.on('data', (text: string) => (heard += text));
    let isJson = false;
    await until('who follows hears of a change', 20_000, async () => {
      isJson = !isJson;
      const changes = { 'log.format': isJson ? 'json' : 'text' };
      // As often as it takes for the follower to have begun.
      await host.admin('/settings', { method: 'PATCH', body: JSON.stringify({ changes }) });
      return heard.split('Settings were changed: log.format.').length > 2;
    });
    follower.child.kill('SIGKILL');
    await follower.ended;
  });
});
