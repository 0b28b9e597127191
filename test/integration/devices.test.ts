/** Devices with real children: what the runtime has, what happens when a device fails, and the real WebGPU provider. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeviceBook } from '../../server/cluster/device-book.ts';
import { listRuntime, tryInChild } from '../../server/cluster/device-child.ts';
import type { DevicesView } from '../../server/protocol/admin/devices-view.ts';
import { parseConfig } from '../../server/config.ts';
import { createLog } from '../../server/base/log.ts';
import { startHost } from '../../server/main.ts';
import type { NewHostEvent } from '../../server/protocol/admin/host-event.ts';
import { until } from '../support/host-process.ts';
import { MillraceCommand } from '../support/millrace-command.ts';
import { openTestRepository } from '../support/model-repository.ts';
import type { TestRepository } from '../support/model-repository.ts';
import { mlpModel } from '../support/models.ts';
import { hasSwiftShader, swiftShader } from '../support/swift-shader.ts';
import { childPids } from '../support/test-host.ts';

const failing = fileURLToPath(new URL('../fixtures/device-child.ts', import.meta.url));
let folder: string;
let repository: TestRepository;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-devices-'));
  repository = await openTestRepository();
  const bytes = mlpModel([64, 64, 8], 3);
  await repository.add({ name: 'plain', bytes });
  await repository.add({ name: 'cuda', bytes, manifest: { device: 'cuda' } });
  await repository.add({ name: 'shader', bytes, manifest: { device: 'webgpu', replicas: 1 } });
  await repository.add({ name: 'auto', bytes, manifest: { device: 'auto' } });
});
afterEach(async () => expect(await childPids()).toEqual([]));
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await repository.remove();
});

const modelPath = (): string => join(repository.directory, 'plain', '1', 'model.onnx');

/** A host with these models' settings, its events, and the devices of its replicas once all are settled. */
async function hostOn(name: string, graphicsMemoryPercent = 90) {
  const events: NewHostEvent[] = [];
  const config = parseConfig(
    {
      models: repository.directory,
      dataDirectory: join(folder, name),
      http: { port: 0 },
      admin: { port: 0 },
      devices: { graphicsMemoryPercent },
    },
    'The test',
  );
  const host = await startHost(config, { log: createLog('silent', 'json'), onEvent: (event) => events.push(event) });
  await host.settled();
  const answer = async (model: string, offset = 0): Promise<number[]> => {
    const inputs = [
      { name: 'x', shape: [1, 64], datatype: 'FP32', data: Array.from({ length: 64 }, (_, at) => at / 64 + offset) },
    ];
    const response = await fetch(`${host.inferenceUrl}/v2/models/${model}/infer`, {
      method: 'POST',
      body: JSON.stringify({ inputs }),
    });
    return ((await response.json()) as { outputs: [{ data: number[] }] }).outputs[0].data;
  };
  const devices = Object.fromEntries(
    host.catalog.list().map((model) => [model.name, model.replicas.map(({ device }) => device)]),
  );
  return { host, events, answer, devices };
}

describe('a child that tries a device', () => {
  const command = (index: number) =>
    ({
      task: 'try',
      device: { provider: 'cuda', index },
      modelPath: modelPath(),
      threads: 1,
      cases: undefined,
    }) as const;

  it('lists what the runtime has', async () => {
    const { runtimeVersion, backends } = await listRuntime();
    expect(runtimeVersion).toMatch(/^\d+\.\d+/);
    expect(backends.map(({ name }) => name)).toContain('cpu');
  });

  it('may hang, end or crash: each is the reason why the device is not used', async () => {
    const limits = { program: failing, limitMs: 3000 };
    expect((await tryInChild(command(0), limits)).reason).toBe('It did not answer within 3 s.');
    expect((await tryInChild(command(1), limits)).reason).toMatch(/\(exit code 7\): the driver says goodbye\.$/);
    expect((await tryInChild(command(2), limits)).reason).toContain('(SIGSEGV)');
  });

  it('is gone after an abort', async () => {
    const abort = new AbortController();
    const trial = tryInChild(command(0), { program: failing, signal: abort.signal });
    abort.abort();
    await expect(trial).rejects.toThrow(/abort/i);
  });

  it('finds the CPU right for a real model, and says why another device is not there', async () => {
    const on = (provider: 'cpu' | 'coreml') => tryInChild({ ...command(0), device: { provider, index: 0 } });
    expect(await on('cpu')).toMatchObject({ isRight: true, worstError: 0 });
    if (process.platform !== 'darwin') expect(await on('coreml')).toMatchObject({ isRight: false });
  });
});

describe('a host', () => {
  it('serves a model whose device is not there from the CPU, says so in an event, and keeps what it found', async () => {
    const { host, events, answer, devices } = await hostOn('cuda');
    try {
      expect(devices).toMatchObject({ cuda: ['cpu'], plain: ['cpu'] });
      expect(await answer('cuda')).toEqual(await answer('plain'));
      const said = events.find(({ model, severity }) => model === 'cuda' && severity === 'attention');
      expect(said?.sentence).toMatch(/^cuda\/1 runs on cpu\. On the CPU instead\. cuda:0: It does not load there/);
      const kept = JSON.parse(await readFile(join(folder, 'cuda', 'devices.json'), 'utf8')) as { models: object };
      expect(Object.keys(kept.models).length).toBeGreaterThan(0);
    } finally {
      await host.stop();
    }
  });

  it('stops while it looks at devices, and leaves no process', async () => {
    const config = parseConfig(
      { models: repository.directory, dataDirectory: join(folder, 'early'), http: { port: 0 }, admin: { port: 0 } },
      'The test',
    );
    const host = await startHost(config, { log: createLog('silent', 'json'), onEvent: () => {} });
    await host.stop();
    expect(await childPids()).toEqual([]);
  });

  it('looks at nothing where no model wishes for anything', async () => {
    const alone = await openTestRepository([{ name: 'plain', bytes: mlpModel([4, 2], 1) }]);
    const dataDirectory = join(folder, 'none');
    const config = parseConfig(
      { models: alone.directory, dataDirectory, http: { port: 0 }, admin: { port: 0 } },
      'The test',
    );
    const host = await startHost(config, { log: createLog('silent', 'json'), onEvent: () => {} });
    await host.settled();
    await host.stop();
    await expect(readFile(join(dataDirectory, 'devices.json'))).rejects.toThrow(/ENOENT/);
    await alone.remove();
  });
});

describe('millrace devices', () => {
  it('tries what is there, remembers it, and tries again when told', async () => {
    const run = async (...flags: string[]): Promise<DevicesView> => {
      const { stdout, code } = await new MillraceCommand([
        'devices',
        '--json',
        '--data',
        join(folder, 'command'),
        ...flags,
      ]).ended;
      expect(code).toBe(0);
      return JSON.parse(stdout) as DevicesView;
    };
    const first = await run();
    expect(first).toMatchObject({ isNew: true });
    expect(first.devices.find(({ name }) => name === 'cpu')).toMatchObject({ isUsable: true, isBundled: true });
    for (const { isUsable, reason } of first.devices) expect(reason === '').toBe(isUsable);
    expect(first.machine.totalBytes).toBeGreaterThan(1e9);
    expect(await run()).toMatchObject({ isNew: false, probedAt: first.probedAt });
    expect((await run('--fresh')).isNew).toBe(true);
    // A damaged file is as good as none.
    await writeFile(join(folder, 'command', 'devices.json'), '{');
    expect((await run()).isNew).toBe(true);
  });
});

describe.skipIf(!hasSwiftShader)('the real WebGPU provider, on SwiftShader', () => {
  const before = { ...process.env };
  beforeAll(() => Object.assign(process.env, swiftShader));
  afterAll(() => {
    for (const name of Object.keys(swiftShader)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  it('is right, and slower than the CPU, so auto stays there', { timeout: 120_000 }, async () => {
    const book = new DeviceBook({
      dataDirectory: join(folder, 'shader-book'),
      graphicsMemoryPercent: 90,
      askGraphics: async () => [],
    });
    const proven = (await book.proven()).map(({ provider }) => provider);
    expect(proven).toContain('webgpu');
    const trials = await book.trials(modelPath(), { kind: 'auto' });
    const webgpu = trials.find(({ device }) => device.provider === 'webgpu')!;
    expect(webgpu).toMatchObject({ isRight: true });
    expect(webgpu.worstError).toBeLessThan(1e-3);
    const startedMs = performance.now();
    expect(await book.trials(modelPath(), { kind: 'auto' })).toEqual(trials);
    expect(performance.now() - startedMs).toBeLessThan(100);
  });

  it('answers requests of a model that asks for it, with the numbers of the CPU', { timeout: 120_000 }, async () => {
    const { host, events, answer, devices } = await hostOn('shader');
    try {
      expect(devices).toMatchObject({ shader: ['webgpu'], auto: ['cpu'], cuda: ['cpu'], plain: ['cpu'] });
      expect(events.find(({ model }) => model === 'shader')?.sentence).toMatch(/^shader\/1 runs on webgpu\./);
      const [onShader, onCpu] = [await answer('shader'), await answer('plain')];
      expect(onShader).toHaveLength(8);
      for (const [index, value] of onShader.entries()) expect(value).toBeCloseTo(onCpu[index]!, 3);
    } finally {
      await host.stop();
    }
  });

  it('is left for the CPU by a model whose copies die there again and again', { timeout: 120_000 }, async () => {
    const { host, events, answer } = await hostOn('shader');
    try {
      const copy = () => host.catalog.list().find(({ name }) => name === 'shader')!.replicas[0];
      for (let deaths = 1; deaths <= 3; deaths++) {
        await until('a copy answers on the device', 30_000, async () => {
          const replica = copy();
          return replica?.state === 'ready' && replica.device === 'webgpu';
        });
        await answer('shader');
        const { pid } = copy()!;
        process.kill(pid, 'SIGKILL');
        await until('it is gone', 10_000, async () => copy()?.pid !== pid);
      }
      await until('a copy is ready on the CPU', 30_000, async () => {
        const replica = copy();
        return replica?.state === 'ready' && replica.device === 'cpu';
      });
      // Another question: the saved answer to the first was made on the device.
      expect(await answer('shader', 1)).toEqual(await answer('plain', 1));
      expect(events.map(({ sentence }) => sentence)).toContainEqual(
        expect.stringMatching(/^shader(\/1)? goes from webgpu to cpu: its process ended \(SIGKILL\)/),
      );
    } finally {
      await host.stop();
    }
  });
});
