/** The file by which commands find a running host: kept by the host, whatever happens to it. */
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunFile } from '../../server/host/run-file.ts';
import { demoModels, HostProcess, until } from '../support/host-process.ts';
import { millrace } from '../support/millrace-command.ts';

const ours = {
  pid: process.pid,
  inferenceUrl: 'http://127.0.0.1:8000',
  adminUrl: 'http://127.0.0.1:8090',
  version: '0.1.0',
  adminToken: 'token',
};
const text = JSON.stringify(ours);
const other = JSON.stringify({ ...ours, pid: 7 });

it(
  'a running host is found again after its run.json was cut, and after it was deleted',
  { timeout: 90_000 },
  async () => {
    await using host = await HostProcess.start({ models: demoModels });
    const path = join(host.dataDirectory, 'run.json');
    const before = await readFile(path, 'utf8');
    const status = async (): Promise<number | null> => (await millrace('status', '--data', host.dataDirectory)).code;
    for (const harm of [() => writeFile(path, before.slice(0, 50)), () => rm(path)]) {
      expect(await status()).toBe(0);
      await harm();
      expect(await status()).toBe(3);
      await until('the host has mended it', 30_000, async () => (await status()) === 0);
      expect(await readFile(path, 'utf8')).toBe(before);
    }
  },
);

describe('RunFile', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-run-file-'));
    path = join(folder, 'data', 'run.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const lookMs = 5;

  it('looks after its file until it removes it, also where the whole folder goes', async () => {
    const file = new RunFile(join(folder, 'data'));
    await file.write(ours);
    const reasons: string[] = [];
    const troubles: unknown[] = [];
    file.keep(
      (why) => reasons.push(why),
      (error) => troubles.push(error),
      lookMs,
    );
    await writeFile(path, text.slice(0, 20));
    await vi.waitFor(async () => expect(await readFile(path, 'utf8')).toBe(text));
    await rename(join(folder, 'data'), join(folder, 'tidied away'));
    await vi.waitFor(async () => expect(await readFile(path, 'utf8')).toBe(text));
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    await vi.waitFor(() => expect(reasons).toEqual(['was damaged', 'was gone']));
    expect(troubles).toEqual([]);
    await file.remove();
    expect(await readFile(path, 'utf8').catch(() => 'gone')).toBe('gone');
    expect(reasons).toEqual(['was damaged', 'was gone']);
  });

  it('complains once where it cannot be written, and mends it when it can', async () => {
    const file = new RunFile(join(folder, 'data'));
    await file.write(ours);
    await rm(join(folder, 'data'), { recursive: true });
    await writeFile(join(folder, 'data'), 'a file in the place of the folder');
    const troubles: unknown[] = [];
    let looks = 0;
    file.keep(
      () => looks++,
      (error) => troubles.push(error),
      lookMs,
    );
    await vi.waitFor(() => expect(troubles).toHaveLength(1));
    await rm(join(folder, 'data'));
    await vi.waitFor(() => expect(looks).toBe(1));
    expect(troubles).toHaveLength(1);
    await file.remove();
  });

  it('leaves none behind, however the last look falls', async () => {
    for (let round = 0; round < 30; round++) {
      const file = new RunFile(join(folder, 'data'));
      await file.write(ours);
      file.keep(
        () => {},
        () => {},
        1,
      );
      await rm(path);
      await new Promise((resolve) => setTimeout(resolve, round % 4));
      await file.remove();
      expect(await readFile(path, 'utf8').catch(() => 'gone')).toBe('gone');
    }
    // A look that nobody waited for would have come by now.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await readFile(path, 'utf8').catch(() => 'gone')).toBe('gone');
  });

  it('tells a damaged file from none', async () => {
    const file = new RunFile(join(folder, 'data'));
    await expect(file.read()).rejects.toMatchObject({
      code: 'host-not-running',
      hint: expect.stringContaining('serve'),
    });
    await file.write(ours);
    expect(await file.read()).toEqual(ours);
    await writeFile(path, '{"pid":');
    await expect(file.read()).rejects.toMatchObject({
      code: 'host-not-running',
      hint: expect.stringContaining('run.json is damaged. A host that runs writes it again within 5 seconds'),
    });
  });

  it('leaves the file of a later host in place', async () => {
    const file = new RunFile(join(folder, 'data'));
    await file.write(ours);
    await writeFile(path, other);
    await file.remove();
    expect(await readFile(path, 'utf8')).toBe(other);
  });
});
