import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sourceSettingsSchema } from '../../server/protocol/admin/source-settings.ts';
import type { SourceSettings } from '../../server/protocol/admin/source-settings.ts';
import { SourceList } from '../../server/sources/source-list.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-list-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const settings = (name: string, more: object = {}): SourceSettings =>
  sourceSettingsSchema.parse({ kind: 'directory', name, path: '/models', ...more });
const names = async (list: SourceList): Promise<string[]> => (await list.all()).map((each) => each.settings.name);

describe('the list of sources', () => {
  it('holds those of the settings file and those that were added, by name', async () => {
    const list = new SourceList(folder, [settings('m')]);
    expect(await names(list)).toEqual(['m']);
    await list.add(settings('z'));
    await list.add(settings('a'));
    expect((await list.all()).map(({ settings: { name }, origin }) => [name, origin])).toEqual([
      ['a', 'added'],
      ['m', 'settings'],
      ['z', 'added'],
    ]);
    // Another process sees the same.
    expect(await names(new SourceList(folder))).toEqual(['a', 'z']);
  });

  it('takes a name once', async () => {
    const list = new SourceList(folder, [settings('m')]);
    await list.add(settings('a'));
    for (const name of ['a', 'm'])
      await expect(list.add(settings(name))).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it('gives the settings file the last word on a name that was added before', async () => {
    await new SourceList(folder).add(settings('m', { path: '/old' }));
    const [only, ...others] = await new SourceList(folder, [settings('m', { path: '/new' })]).all();
    expect([only, others]).toMatchObject([{ origin: 'settings', settings: { path: '/new' } }, []]);
  });

  it('remembers who was paused, also of the settings file', async () => {
    const list = new SourceList(folder, [settings('m', { paused: true })]);
    await list.add(settings('a'));
    await list.setPaused('a', true);
    await list.setPaused('m', false);
    expect((await list.all()).map(({ paused }) => paused)).toEqual([true, false]);
    await list.remove('a');
    await list.add(settings('a'));
    expect((await list.all())[0]!.paused).toBe(false);
  });

  it('removes what was added, and says where the others are', async () => {
    const list = new SourceList(folder, [settings('m')]);
    await expect(list.remove('m')).rejects.toMatchObject({ code: 'invalid-config', hint: 'Remove it there.' });
    await expect(list.remove('x')).rejects.toMatchObject({ code: 'unknown-source', hint: 'There is: m.' });
    await expect(list.setPaused('x', true)).rejects.toMatchObject({ code: 'unknown-source' });
    await list.add(settings('a'));
    await list.remove('a');
    expect(await names(list)).toEqual(['m']);
  });

  it('ends at thirty-two', async () => {
    const list = new SourceList(folder);
    for (let index = 0; index < 32; index++) await list.add(settings(`s${index}`));
    await expect(list.add(settings('more'))).rejects.toMatchObject({ code: 'invalid-config' });
  });

  it.each(['{', '{"sources":[{"kind":"ftp"}]}', '{"sources":[{"kind":"directory","name":"../x","path":"/"}]}'])(
    'that is damaged is said to be: %s',
    async (text) => {
      await writeFile(join(folder, 'sources.json'), text);
      await expect(new SourceList(folder).all()).rejects.toMatchObject({
        code: 'invalid-config',
        message: expect.stringContaining('damaged'),
      });
      expect(await readFile(join(folder, 'sources.json'), 'utf8')).toBe(text);
    },
  );
});

describe('the settings of a source', () => {
  const s3 = (more: object) => sourceSettingsSchema.safeParse({ kind: 's3', name: 'a', bucket: 'b', ...more });

  it('have defaults', () => {
    expect(s3({}).data).toEqual({
      kind: 's3',
      name: 'a',
      bucket: 'b',
      prefix: '',
      region: 'us-east-1',
      everySeconds: 300,
      paused: false,
      models: ['*'],
      versions: 1,
      promote: true,
      allowPrivateEndpoint: false,
      anonymous: false,
    });
    expect(s3({ prefix: '/a/b/' }).data).toMatchObject({ prefix: 'a/b' });
  });

  it.each([
    { name: '../x' },
    { name: 'A' },
    { name: 'a.b' },
    { name: 'a'.repeat(34) },
    { everySeconds: -1 },
    { versions: 0 },
    { versions: 'some' },
    { models: [] },
    { secretAccessKey: 'x' },
    { bucket: '' },
  ])('refuse %j', (more) => {
    expect(s3(more).success).toBe(false);
  });
});
