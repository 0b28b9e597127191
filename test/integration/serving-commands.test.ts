/** `millrace models promote` and its family, with a running host and without one, and the host killed in the middle. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRunning, until } from '../support/host-process.ts';
import { millrace, StoreHost } from '../support/millrace-command.ts';
import type { CommandResult } from '../support/millrace-command.ts';
import { identityModel } from '../support/models.ts';
import { scaleModel } from '../support/versioned-models.ts';

let folder: string;
let data: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-serving-'));
  data = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const models = (...args: string[]): Promise<CommandResult> => millrace('models', ...args, '--data', data);

async function importScale(factor: number): Promise<void> {
  const path = join(folder, 'scale.onnx');
  await writeFile(path, scaleModel(factor));
  const { code, stderr } = await models('import', path);
  expect(stderr.includes('Refused'), stderr).toBe(false);
  expect(code).toBe(0);
}

const request = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [3] }] };

async function answeredBy(host: StoreHost): Promise<string> {
  return (await host.post<{ model_version: string }>('/v2/models/scale/infer', request)).model_version;
}

describe('without a running host', () => {
  it('say what the next start serves', { timeout: 90_000 }, async () => {
    for (const factor of [1, 2, 3]) await importScale(factor);
    expect((await models('promote', 'scale', '1')).stdout).toBe(
      'Version 1 of scale will answer, from the next start on: no host runs for this data folder.\n',
    );
    expect((await models('list')).stdout).toMatch(/^MODEL +SERVED +VERSIONS +NOTE\nscale +1 +1, 2, 3\n/);
    expect((await models('pin', 'scale')).stdout).toMatch(/^Version 1 of scale is pinned/);
    await importScale(4);
    expect(JSON.parse((await models('list', '--json')).stdout)).toMatchObject([
      { name: 'scale', servedVersion: '1', pinnedVersion: '1', versions: [{}, {}, {}, { version: '4' }] },
    ]);
    {
      await using host = await StoreHost.start(data);
      expect(await answeredBy(host)).toBe('1');
    }
    expect((await models('unpin', 'scale')).code).toBe(0);
    expect((await models('promote', 'scale', '2')).code).toBe(0);
    expect((await models('rollback', 'scale')).stdout).toMatch(/^Version 1 of scale will answer again/);
    expect((await models('promote', 'scale', '9')).stderr).toContain('no version 9');
    expect((await models('load', 'scale')).code).toBe(3);
    expect((await models('traffic', 'scale', '1=90', 'x')).code).toBe(2);
    expect((await models('traffic', 'scale', '1=90', '2=10')).code).toBe(0);
    expect((await models('list')).stdout).toMatch(/scale +1 +1, 2, 3, 4 +split/);
  });

  it('keep a version from taking over by itself with which apps may fail', { timeout: 60_000 }, async () => {
    await importScale(1);
    const path = join(folder, 'other.onnx');
    await writeFile(path, identityModel('INT64'));
    const second = await models('import', path, '--name', 'scale');
    expect(second.stdout).toContain('breaking');
    expect((await models('list')).stdout).toMatch(/scale +1 +1, 2/);
    const refused = await models('promote', 'scale', '2');
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('breaking') });
    expect(refused.stderr).toContain('Add --force if the apps are ready for it.');
    expect((await models('promote', 'scale', '2', '--force')).code).toBe(0);
    expect((await models('list')).stdout).toMatch(/scale +2 +1, 2/);
  });
});

describe('with a running host', () => {
  it('change what it serves at once', { timeout: 120_000 }, async () => {
    await importScale(1);
    await importScale(2);
    await using host = await StoreHost.start(data);
    expect(await answeredBy(host)).toBe('2');
    expect((await models('promote', 'scale', '1')).stdout).toBe('Version 1 of scale answers now.\n');
    expect(await answeredBy(host)).toBe('1');
    expect((await models('rollback', 'scale')).stdout).toBe('Version 2 of scale answers again.\n');
    expect(await answeredBy(host)).toBe('2');
    await importScale(3);
    expect(await answeredBy(host)).toBe('3');
    expect((await models('pin', 'scale', '2')).code).toBe(0);
    await importScale(4);
    expect(await answeredBy(host)).toBe('2');
    expect((await models('shadow', 'scale', '4')).stdout).toBe('Version 4 shadows scale now.\n');
    for (let index = 0; index < 10; index++) expect(await answeredBy(host)).toBe('2');
    expect((await models('shadow', 'scale')).stdout).toMatch(/Shadow version 4: \d+ of \d+ answers differ/);
    expect((await models('shadow', 'scale', '--off')).code).toBe(0);
    expect((await models('traffic', 'scale', '2=1', '3=1')).code).toBe(0);
    const both = new Set<string>();
    for (let index = 0; index < 10; index++) both.add(await answeredBy(host));
    expect([...both].toSorted()).toEqual(['2', '3']);
    expect((await models('traffic', 'scale')).stdout).toContain('50 % to version 2, 50 % to version 3');
    expect((await models('unload', 'scale')).code).toBe(0);
    expect(await host.post('/v2/models/scale/infer', request)).toMatchObject({ code: 'model-not-ready' });
    expect((await models('list')).stdout).toContain('unloaded');
    expect((await models('load', 'scale')).code).toBe(0);
    expect((await models('traffic', 'scale', '--off')).code).toBe(0);
    expect(await answeredBy(host)).toBe('2');
  });
});

describe('a host that is killed in the middle of a promotion', () => {
  it('leaves the old or the new version, whenever it happens', { timeout: 240_000 }, async () => {
    for (const factor of [1, 2]) await importScale(factor);
    expect((await models('promote', 'scale', '1')).code).toBe(0);
    const outcomes = new Set<string>();
    for (const afterMs of [0, 100, 200, 300, 400, 500, 700, 1000, 1500]) {
      const before = JSON.parse(await readFile(join(data, 'models/scale/serving.json'), 'utf8')) as { served: string };
      const to = before.served === '1' ? '2' : '1';
      const host = await StoreHost.start(data);
      const { pid, adminUrl, adminToken } = JSON.parse(await readFile(join(data, 'run.json'), 'utf8')) as Record<
        string,
        string
      >;
      const headers = { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' };
      const body = JSON.stringify({ version: to });
      const asked = fetch(`${adminUrl}/api/v1/models/scale/promote`, { method: 'POST', headers, body }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      process.kill(Number(pid), 'SIGKILL');
      await asked;
      await host.stop();
      await until('the host has gone', 5000, async () => !(await isRunning(Number(pid))));
      const { served } = JSON.parse(await readFile(join(data, 'models/scale/serving.json'), 'utf8')) as {
        served: string;
      };
      expect([before.served, to]).toContain(served);
      outcomes.add(served === to ? 'new' : 'old');
    }
    expect([...outcomes].toSorted()).toEqual(['new', 'old']);
    await using host = await StoreHost.start(data);
    expect(['1', '2']).toContain(await answeredBy(host));
  });
});
