import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeviceFile, machineKey, modelKey } from '../../server/cluster/device-file.ts';
import type { KnownDevices } from '../../server/cluster/device-file.ts';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'millrace-device-file-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const known: KnownDevices = {
  probedAt: '2026-01-01T00:00:00.000Z',
  graphics: [],
  probe: { runtime: { runtimeVersion: '1', backends: [] }, trials: [] },
};
const trials = [{ device: { provider: 'cpu' as const, index: 0 }, isRight: true, reason: '' }];

describe('the file of devices', () => {
  it('keeps what was found out, for the same machine only', async () => {
    const file = new DeviceFile(join(folder, 'a'));
    expect([await file.exists(), await file.known('m')]).toEqual([false, undefined]);
    await file.remember('m', known);
    await file.rememberTrials('m', 'net', trials);
    expect([await file.exists(), await file.known('m'), await file.trials('m', 'net')]).toEqual([true, known, trials]);
    expect([await file.known('other'), await file.trials('other', 'net')]).toEqual([undefined, undefined]);
    expect(await readdir(join(folder, 'a'))).toEqual(['devices.json']);
    if (process.platform !== 'win32') expect((await stat(join(folder, 'a', 'devices.json'))).mode & 0o777).toBe(0o600);
  });

  it('forgets trials with a new probe, and the models used longest ago beyond 200', async () => {
    const file = new DeviceFile(join(folder, 'b'));
    await file.remember('m', known);
    for (let index = 0; index < 201; index += 1) await file.rememberTrials('m', `net-${index}`, trials);
    expect(await file.trials('m', 'net-0')).toBeUndefined();
    expect(await file.trials('m', 'net-1')).toEqual(trials);
    await file.remember('m', known);
    expect(await file.trials('m', 'net-1')).toBeUndefined();
  });

  it.each(['{', '[]', '{"version":1,"machine":"m"}', '{"version":2}'])(
    'that holds %s is as good as none',
    async (text) => {
      const file = new DeviceFile(folder);
      await writeFile(join(folder, 'devices.json'), text);
      expect(await file.known('m')).toBeUndefined();
    },
  );
});

describe('the keys', () => {
  const card = { name: 'A', driverVersion: '1', memoryTotalBytes: 5 };

  it('change with the driver, the card and where drivers are found, and with nothing else', () => {
    const key = machineKey([card], {});
    expect(machineKey([{ ...card, memoryTotalBytes: 6 }], { HOME: 'x' })).toBe(key);
    expect(machineKey([{ ...card, driverVersion: '2' }], {})).not.toBe(key);
    expect(machineKey([card, card], {})).not.toBe(key);
    expect(machineKey([card], { VK_ICD_FILENAMES: 'x' })).not.toBe(key);
  });

  it('of a model changes with its file', async () => {
    const path = join(folder, 'model');
    await writeFile(path, 'a');
    const key = await modelKey(path);
    expect(await modelKey(path)).toBe(key);
    await utimes(path, 1, 1);
    expect(await modelKey(path)).not.toBe(key);
  });
});
