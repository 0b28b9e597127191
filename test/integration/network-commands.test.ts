/** `millrace keys`, `lan` and `security` as a user types them, with and without a running host. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyView, MadeKey } from '../../server/protocol/admin/key-view.ts';
import { demoModel } from '../support/demo-models.ts';
import { demoModels, until } from '../support/host-process.ts';
import { MillraceCommand, millrace } from '../support/millrace-command.ts';
import { callFrom } from '../support/network-client.ts';
import { TestHost } from '../support/test-host.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-network-commands-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('without a host', () => {
  it('keys are made, listed and revoked in the data folder', async () => {
    const data = join(folder, 'offline');
    const made = await millrace('keys', 'create', 'Line 3', '--model', 'iris', '--rate', '5', '--data', data);
    expect(made.stdout).toMatch(/mr_[0-9a-f]{8}_[\w-]{43}/);
    const secret = /mr_[0-9a-f]{8}_[\w-]{43}/.exec(made.stdout)![0];
    const list = await millrace('keys', 'list', '--json', '--data', data);
    expect(JSON.parse(list.stdout)).toMatchObject([{ name: 'Line 3', models: ['iris'], ratePerSecond: 5 }]);
    expect(list.stdout).not.toContain(secret);
    expect((await millrace('keys', 'revoke', 'Line 3', '--data', data)).stdout).toContain('Revoked');
    expect((await millrace('keys', 'list', '--data', data)).stdout).toContain('There are no keys');
    const again = await millrace('keys', 'revoke', 'Line 3', '--data', data);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('No key has this id or name') as string]);
  });

  it('says what is wrong with a key that cannot be made', async () => {
    const wrong = await millrace(
      'keys',
      'create',
      '<b>',
      '--right',
      'all',
      '--rate',
      'x',
      '--data',
      join(folder, 'wrong'),
    );
    expect(wrong.code).toBe(2);
    for (const field of ['name', 'rights', 'ratePerSecond']) expect(wrong.stderr).toContain(field);
  });

  it('a host whose settings let the network in without a key does not start, and says how to make one', async () => {
    const config = join(folder, 'settings.json');
    const settings = {
      models: demoModels,
      dataDirectory: join(folder, 'no-key'),
      http: { port: 0 },
      admin: { port: 0 },
    };
    await writeFile(config, JSON.stringify({ ...settings, lan: { on: true, addresses: ['127.0.0.2'] } }));
    const { code, stderr } = await millrace('serve', '--config', config);
    expect([code, stderr]).toEqual([2, expect.stringContaining('millrace keys create') as string]);
  });

  it(
    'a key for a settings file is kept nowhere, and lets in once its entry is there',
    { timeout: 120_000 },
    async () => {
      const printed = await millrace(
        'keys',
        'create',
        'cluster',
        '--for-settings',
        '--json',
        '--data',
        join(folder, 'none'),
      );
      const { secret, entry } = JSON.parse(printed.stdout) as { secret: string; entry: object };
      expect(JSON.stringify(entry)).not.toContain(secret);
      await using host = await TestHost.start({ models: [demoModel('iris')], settings: { keys: [entry] } });
      expect((await host.send('/v2')).status).toBe(401);
      expect((await host.send('/v2', { headers: { 'x-api-key': secret } })).status).toBe(200);
      expect((await host.admin('/keys')).json<KeyView[]>()).toMatchObject([{ name: 'cluster', isFixed: true }]);
      expect((await host.admin('/keys/cluster', { method: 'DELETE' })).status).toBe(409);
    },
  );
});

describe.runIf(process.platform === 'linux')('with a host', { timeout: 180_000 }, () => {
  it('the network is opened, looked at, tried, used by a paired device and closed', async () => {
    await using host = await TestHost.start({ models: [demoModel('iris')] });
    const data = ['--data', host.dataDirectory];
    const refused = await millrace('lan', 'pair', ...data);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('millrace lan on') as string]);
    const publicly = await millrace('lan', 'on', '--address', '8.8.8.8', ...data);
    expect([publicly.code, publicly.stderr]).toEqual([
      1,
      expect.stringContaining('The internet may reach 8.8.8.8') as string,
    ]);

    const on = await millrace('lan', 'on', '--tls', '--address', '127.0.0.2', '--no-announce', ...data);
    expect(on.code).toBe(0);
    const secret = /mr_[0-9a-f]{8}_[\w-]{43}/.exec(on.stdout)![0];
    const url = /https:\/\/127\.0\.0\.2:\d+/.exec(on.stdout)![0];
    const pem = join(folder, 'authority.pem');
    const written = await millrace('lan', 'authority', pem, ...data);
    expect(written.stdout).toContain('SHA-256');
    const ca = (await millrace('lan', 'authority', ...data)).stdout;
    expect((await callFrom(`${url}/v2`, { ca, headers: { 'x-api-key': secret } })).status).toBe(200);

    // A second call changes nothing that it does not name.
    const renamed = await millrace('lan', 'on', '--name', 'halle3', '--json', ...data);
    expect(JSON.parse(renamed.stdout)).toMatchObject({
      lan: { wish: { tls: { kind: 'own' }, addresses: ['127.0.0.2'], announce: false, name: 'halle3' } },
    });

    await callFrom(`${url}/v2`, { ca, from: '127.0.0.90' });
    const list = await millrace('lan', 'refused', ...data);
    expect(list.stdout).toContain('127.0.0.90 called without a key.');
    const id = /^(\d+) .*127\.0\.0\.90/m.exec(list.stdout)![1]!;
    const fixed = await millrace('lan', 'fix', id, ...data);
    const own = /mr_[0-9a-f]{8}_[\w-]{43}/.exec(fixed.stdout)![0];
    expect((await callFrom(`${url}/v2`, { ca, headers: { 'x-api-key': own }, from: '127.0.0.90' })).status).toBe(200);

    const rules = await millrace('lan', 'allow', '--page', 'https://panel.example', '--local', 'open', ...data);
    expect(rules.stdout).toContain('https://panel.example');
    expect((await host.send('/v2')).status).toBe(200);
    const none = await millrace(
      'lan',
      'allow',
      '--page',
      'https://panel.example',
      '--remove',
      '--local',
      'key',
      ...data,
    );
    expect(none.stdout).toContain('Pages that may call: none');

    const pairing = new MillraceCommand(['lan', 'pair', '--yes', ...data]);
    let shown = '';
    pairing.child.stdout!.on('data', (text: Buffer) => (shown += text.toString()));
    await until('the link is shown', 30_000, () => shown.includes('/pair#c='));
    const code = /#c=([\w-]+)/.exec(shown)![1]!;
    const post = (path: string, body: object) => callFrom(url + path, { ca, body: JSON.stringify(body) });
    const claim = (await post('/pair/claim', { code, name: 'Tablet' })).json<{ id: string; secret: string }>();
    let key = '';
    await until('the key is there', 30_000, async () => {
      key = (await post('/pair/key', { id: claim.id, secret: claim.secret })).json<{ key?: string }>().key ?? '';
      return key !== '';
    });
    expect((await pairing.ended).stdout).toContain("'Tablet' has its key");
    expect(shown).not.toContain(key);

    // The tools of this program need no key of a person.
    const check = await millrace('security', 'check', '--json', ...data);
    expect(check.code, check.stderr).toBe(0);
    const report = JSON.parse(check.stdout) as { held: number; failed: number };
    expect(report.failed).toBe(0);
    expect(report.held).toBeGreaterThan(80);
    const bench = await millrace('bench', 'iris', '--duration', '500ms', '--warm-up', '0s', '--json', ...data);
    expect(bench.code, bench.stderr).toBe(0);
    expect(bench.stdout).not.toMatch(/mr_[0-9a-f]{8}_/);
    expect((await millrace('features', 'list', ...data)).code).toBe(0);

    expect((await millrace('lan', 'off', ...data)).code).toBe(0);
    await expect(callFrom(`${url}/v2`, { ca })).rejects.toThrow(/ECONNREFUSED/);
    const status = await millrace('lan', 'status', ...data);
    expect(status.stdout).toContain('cannot reach');
    const made = JSON.parse((await millrace('keys', 'create', 'more', '--json', ...data)).stdout) as MadeKey;
    expect((await host.send('/v2', { headers: { 'x-api-key': made.secret } })).status).toBe(200);
  });
});
