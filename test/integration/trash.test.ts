/** Removals taken back by commands and over the admin API, with a running host and without one. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostClient } from '../../server/cli/host-client.ts';
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';
import type { TrashView } from '../../server/protocol/admin/trash-view.ts';
import { until } from '../support/host-process.ts';
import { millrace, StoreHost } from '../support/millrace-command.ts';
import type { CommandResult } from '../support/millrace-command.ts';
import { scaleModel } from '../support/versioned-models.ts';

let folder: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-trash-'));
  data = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const models = (...args: string[]): Promise<CommandResult> => millrace('models', ...args, '--data', data);

async function importScale(...factors: readonly number[]): Promise<void> {
  for (const factor of factors) {
    await writeFile(join(folder, 'scale.onnx'), scaleModel(factor));
    expect((await models('import', join(folder, 'scale.onnx'))).code).toBe(0);
  }
}

async function answer(host: StoreHost): Promise<number | undefined> {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [10] }];
  const { outputs } = await host.post<{ outputs?: [{ data: [number] }] }>('/v2/models/scale/infer', { inputs });
  return outputs?.[0].data[0];
}

describe('without a running host', () => {
  it('a removal says how it is taken back, and is', { timeout: 90_000 }, async () => {
    await importScale(2, 3);
    const removed = await models('remove', 'scale', '--version', '2', '--yes');
    expect(removed.stdout).toContain('For 7 days it can be brought back: millrace models restore scale --version 2');
    expect((await models('trash')).stdout).toMatch(/^MODEL +VERSIONS[^]*scale +2 /);
    expect(await models('restore', 'scale', '--version', '2')).toMatchObject({
      code: 0,
      stdout: 'Restored version 2 of scale.\n',
    });
    expect((await models('trash')).stdout).toBe('The trash is empty.\n');
    expect((await models('list')).stdout).toMatch(/scale +2 +1, 2/);
    expect(await models('restore', 'scale')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('trash is empty'),
    });
  });

  it('emptying it is for good', { timeout: 90_000 }, async () => {
    await importScale(2);
    await models('remove', 'scale', '--yes');
    expect(JSON.parse((await models('trash', '--json')).stdout)).toMatchObject([{ name: 'scale', isWhole: true }]);
    expect((await models('trash', '--empty')).stdout).toBe('Deleted 1 removal for good.\n');
    expect((await models('restore', 'scale')).code).toBe(1);
    expect(await readdir(data)).not.toContain('trash');
  });
});

describe('with a running host', () => {
  it('what comes back is served at once, and people are told', { timeout: 120_000 }, async () => {
    await importScale(2, 3);
    await using host = await StoreHost.start(data);
    const client = await HostClient.find(data);
    expect(await answer(host)).toBe(30);
    expect((await models('remove', 'scale', '--yes')).code).toBe(0);
    expect(await answer(host)).toBeUndefined();
    expect(await client.get<TrashView[]>('/trash')).toMatchObject([
      { name: 'scale', versions: ['1', '2'], isWhole: true },
    ]);
    expect(await models('restore', 'scale')).toMatchObject({ code: 0, stdout: 'Restored versions 1, 2 of scale.\n' });
    await until('it answers again', 20_000, async () => (await answer(host)) === 30);
    const events = await client.get<HostEvent[]>('/events?kind=model&limit=50');
    expect(events.map(({ sentence }) => sentence)).toContain('Versions 1, 2 of scale are restored.');
    // A version that comes back does not take over: the one that answers was chosen without it.
    await models('promote', 'scale', '1');
    expect((await models('remove', 'scale', '--version', '2', '--yes')).code).toBe(0);
    expect((await models('restore', 'scale', '--version', '2')).code).toBe(0);
    expect(await answer(host)).toBe(20);
    expect((await models('promote', 'scale', '2')).code).toBe(0);
    expect(await answer(host)).toBe(30);
  });

  it(
    'the trash is emptied over the API too, and only names that are names are taken',
    { timeout: 90_000 },
    async () => {
      await importScale(2, 3);
      await using _host = await StoreHost.start(data);
      const client = await HostClient.find(data);
      await models('remove', 'scale', '--version', '1', '--yes');
      await expect(client.post('/trash/restore', { name: '../scale' })).rejects.toMatchObject({ code: 'invalid-name' });
      await expect(client.post('/trash/restore', { name: 'scale', version: '0' })).rejects.toMatchObject({
        code: 'invalid-request',
      });
      expect((await models('trash', '--empty')).stdout).toBe('Deleted 1 removal for good.\n');
      expect(await client.get<TrashView[]>('/trash')).toEqual([]);
    },
  );
});
