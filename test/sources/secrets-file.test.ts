import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SecretsFile } from '../../server/sources/secrets-file.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-secrets-'));
  path = join(folder, 'secrets.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const key = { accessKeyId: 'AKID', secretAccessKey: 'planted-secret' };

describe('secrets.json', () => {
  it('keeps keys by source, for this user only', async () => {
    const secrets = new SecretsFile(folder);
    expect(await secrets.keyOf('factory')).toBeUndefined();
    await secrets.store('factory', key);
    await secrets.store('other', { ...key, accessKeyId: 'B' });
    expect(await new SecretsFile(folder).keyOf('factory')).toEqual(key);
    expect(await secrets.names()).toEqual(['factory', 'other']);
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await secrets.forget('factory')).toBe(true);
    expect(await secrets.forget('factory')).toBe(false);
    expect(await readFile(path, 'utf8')).not.toContain('AKID');
    expect(await secrets.names()).toEqual(['other']);
  });

  it('gives no key of a name that every object has', async () => {
    await new SecretsFile(folder).store('factory', key);
    expect(await new SecretsFile(folder).keyOf('constructor')).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('is not used while others may read it', async () => {
    await new SecretsFile(folder).store('factory', key);
    for (const mode of [0o644, 0o640, 0o620, 0o601]) {
      await chmod(path, mode);
      await expect(new SecretsFile(folder).keyOf('factory')).rejects.toMatchObject({
        code: 'storage-failed',
        message: expect.stringContaining(`mode ${mode.toString(8)}`),
        hint: expect.stringContaining('chmod 600'),
      });
    }
  });

  it.skipIf(process.platform === 'win32')('is not followed where it is a link', async () => {
    await writeFile(join(folder, 'elsewhere'), JSON.stringify({ sources: { factory: key } }), { mode: 0o600 });
    await symlink(join(folder, 'elsewhere'), path);
    await expect(new SecretsFile(folder).keyOf('factory')).rejects.toMatchObject({ code: 'storage-failed' });
  });

  it.each([
    '{"sources":{"factory":{"secretAccessKey":"planted-secret"',
    '{"sources":7}',
    '{"sources":{"a":{"secretAccessKey":"planted-secret"}}}',
  ])('that is damaged is said to be, without what is in it: %s', async (text) => {
    await writeFile(path, text, { mode: 0o600 });
    const error = await new SecretsFile(folder).keyOf('factory').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'storage-failed', message: expect.stringContaining('damaged') });
    expect(
      JSON.stringify([(error as Error).message, (error as Error).stack, (error as Error).cause, error]),
    ).not.toContain('planted');
  });
});
