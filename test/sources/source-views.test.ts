import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sourceSettingsSchema } from '../../server/protocol/admin/source-settings.ts';
import { SecretsFile } from '../../server/sources/secrets-file.ts';
import { SourceList } from '../../server/sources/source-list.ts';
import { SourceMemory } from '../../server/sources/source-memory.ts';
import { forgetSource, viewSources } from '../../server/sources/source-views.ts';
import type { NextSync } from '../../server/sources/source-views.ts';

let data = '';
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'millrace-source-views-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

const source = (more: object) => sourceSettingsSchema.parse({ kind: 's3', name: 'factory', bucket: 'models', ...more });
const ended = {
  outcome: 'done',
  sentence: 'Nothing new.',
  hint: undefined,
  imported: 0,
  unchanged: 1,
  refused: 0,
  bytes: 0,
} as const;

describe('a source is shown', () => {
  it('not at all where there is none, and then no memory is made', async () => {
    expect(await viewSources(data, new SourceList(data))).toEqual([]);
    expect(await readdir(data)).toEqual([]);
  });

  it('with how it proves who it is', async () => {
    await new SecretsFile(data).store('keyed', { accessKeyId: 'a', secretAccessKey: 'planted' });
    const list = new SourceList(data, [
      source({ name: 'keyed' }),
      source({ name: 'open', anonymous: true }),
      source({ name: 'role' }),
      sourceSettingsSchema.parse({ kind: 'directory', name: 'share', path: '/models' }),
    ]);
    const views = await viewSources(data, list);
    expect(views.map(({ settings, credentials }) => `${settings.name} ${credentials}`)).toEqual([
      'keyed stored',
      'open anonymous',
      'role aws',
      'share none',
    ]);
    expect(views.map(({ address }) => address)).toEqual([
      expect.stringContaining('s3://models'),
      expect.stringContaining('s3://models'),
      expect.stringContaining('s3://models'),
      '/models',
    ]);
    expect(JSON.stringify(views)).not.toContain('planted');
  });

  it('with its last sync and the next, which is counted from the end of the last', async () => {
    const nowMs = 1_700_000_000_000;
    let clockMs = nowMs;
    const memory = SourceMemory.open(data, () => clockMs);
    const run = memory.begin('factory', 'schedule');
    clockMs += 5000;
    memory.end(run, ended);
    memory.close();
    const asked: (number | undefined)[] = [];
    const next: NextSync = (_settings, lastEndMs) => {
      asked.push(lastEndMs);
      return lastEndMs === undefined ? undefined : lastEndMs + 60_000;
    };
    const list = new SourceList(data, [source({}), source({ name: 'new' }), source({ name: 'quiet', paused: true })]);
    const [factory, fresh, quiet] = await viewSources(data, list, next);
    expect(asked).toEqual([nowMs + 5000, undefined]);
    expect(factory).toMatchObject({
      last: { outcome: 'done', sentence: 'Nothing new.' },
      nextSyncAt: new Date(nowMs + 65_000).toISOString(),
    });
    expect([fresh!.last, fresh!.nextSyncAt]).toEqual([undefined, undefined]);
    // A paused source has no next sync, whatever its schedule says.
    expect([quiet!.paused, quiet!.nextSyncAt]).toEqual([true, undefined]);
    // Without a host nobody keeps a schedule.
    expect((await viewSources(data, list))[0]!.nextSyncAt).toBeUndefined();
  });

  it('that runs with the time of its beginning', async () => {
    const memory = SourceMemory.open(data);
    memory.begin('factory', 'command');
    const asked: (number | undefined)[] = [];
    const views = await viewSources(data, new SourceList(data, [source({})]), (_settings, lastEndMs) => {
      asked.push(lastEndMs);
      return undefined;
    });
    memory.close();
    expect(asked).toEqual([Date.parse(views[0]!.last!.startedAt)]);
  });
});

it('a source that is forgotten leaves no key, no history and no half download, and others keep theirs', async () => {
  const secrets = new SecretsFile(data);
  const memory = SourceMemory.open(data);
  for (const name of ['gone', 'kept']) {
    await secrets.store(name, { accessKeyId: name, secretAccessKey: 's' });
    memory.end(memory.begin(name, 'command'), ended);
    await mkdir(join(data, 'downloads', name), { recursive: true });
    await writeFile(join(data, 'downloads', name, 'part'), 'x');
  }
  await forgetSource(data, 'gone');
  expect(await secrets.names()).toEqual(['kept']);
  expect([memory.history('gone', 5).length, memory.history('kept', 5).length]).toEqual([0, 1]);
  memory.close();
  expect(await readdir(join(data, 'downloads'))).toEqual(['kept']);
});
