import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SettingFile } from '../../server/tuning/setting-file.ts';

let folder: string;
let model: string;
let file: SettingFile;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-setting-'));
  model = join(folder, 'net');
  await mkdir(model);
  file = new SettingFile('net', model, join(folder, 'data'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = (): string => join(model, 'millrace.json');
const read = async (): Promise<unknown> => JSON.parse(await readFile(path(), 'utf8'));
const write = (value: unknown) => writeFile(path(), JSON.stringify(value));

describe('the file of a setting', () => {
  it('gets the tuned fields beside what its owner wrote, and back again', async () => {
    await write({ description: 'mine', threads: 4 });
    await file.save({ replicas: 2, threads: 1 });
    expect(await read()).toEqual({ description: 'mine', threads: 1, replicas: 2 });
    expect(await file.undo()).toEqual({ threads: 4 });
    expect(await read()).toEqual({ description: 'mine', threads: 4 });
    await expect(file.undo()).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is made where there was none, and gone again', async () => {
    await file.save({ maxBatchSize: 0 });
    expect(await read()).toEqual({ maxBatchSize: 0 });
    await file.undo();
    expect(existsSync(path())).toBe(false);
  });

  it('goes back to the owner’s after two tunings', async () => {
    await write({ replicas: 1 });
    await file.save({ replicas: 2 });
    await file.save({ replicas: 3 });
    await file.undo();
    expect(await read()).toEqual({ replicas: 1 });
  });

  it('is not taken back over what its owner has changed since', async () => {
    await file.save({ replicas: 2, threads: 1 });
    await write({ replicas: 5, threads: 1 });
    await expect(file.undo()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('replicas') as string,
    });
    expect(await read()).toEqual({ replicas: 5, threads: 1 });
  });

  it('keeps other changes of its owner when it is taken back', async () => {
    await file.save({ replicas: 2 });
    await write({ replicas: 2, description: 'new' });
    await file.undo();
    expect(await read()).toEqual({ description: 'new' });
  });

  it.each(['{', '[]', '3'])('that holds %s is left alone', async (text) => {
    await writeFile(path(), text);
    await expect(file.save({ replicas: 2 })).rejects.toMatchObject({ code: 'invalid-manifest' });
    expect(await readFile(path(), 'utf8')).toBe(text);
  });
});
