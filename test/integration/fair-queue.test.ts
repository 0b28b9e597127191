/** One client at full speed does not starve another: two keys at one model, on real replicas. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MadeKey } from '../../server/protocol/admin/key-view.ts';
import { demoModel } from '../support/demo-models.ts';
import { until } from '../support/host-process.ts';
import { TestHost } from '../support/test-host.ts';
import { slowScaleModel } from '../support/versioned-models.ts';

/** Requests that one client has always under way, each of about half a second. */
const flooders = 8;

describe('two keys at one model', () => {
  let host: TestHost;
  const keys: string[] = [];
  beforeAll(async () => {
    const slow = { name: 'slow', bytes: slowScaleModel(2), manifest: { replicas: 1, maxBatchSize: 1 } };
    host = await TestHost.start({ models: [slow] });
    for (const name of ['Flood', 'Drip']) {
      const made = await host.admin('/keys', { body: JSON.stringify({ name }) });
      keys.push(made.json<MadeKey>().secret);
    }
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  it(
    'the one that sends now and then waits for a turn, not for the other’s whole queue',
    { timeout: 180_000 },
    async () => {
      const [flood, drip] = keys as [string, string];
      const time = async (key: string): Promise<number> => {
        const startMs = performance.now();
        const answer = await host.post('/predict/slow', { features: [1] }, { 'x-api-key': key });
        expect(answer.status).toBe(200);
        return performance.now() - startMs;
      };
      let isFlooding = true;
      const floodTimes: number[] = [];
      const floods = Array.from({ length: flooders }, async () => {
        while (isFlooding) floodTimes.push(await time(flood));
      });
      const dripTimes: number[] = [];
      try {
        for (let count = 0; count < 3; count++) dripTimes.push(await time(drip));
      } finally {
        isFlooding = false;
        await Promise.all(floods);
      }
      const middle = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
      expect(floodTimes.length).toBeGreaterThan(flooders);
      // Behind the whole queue it would wait as long as they do.
      expect(middle(dripTimes)).toBeLessThan(middle(floodTimes) * 0.6);
    },
  );
});

describe('saved answers', () => {
  it('of a key that keeps its own apart are found by nobody else, and others share theirs', async () => {
    await using host = await TestHost.start({ models: [demoModel('iris')], settings: { cache: { enabled: true } } });
    const make = async (wish: object) =>
      (await host.admin('/keys', { body: JSON.stringify(wish) })).json<MadeKey>().secret;
    const [a, b, own, other] = [
      await make({ name: 'A' }),
      await make({ name: 'B' }),
      await make({ name: 'Own', hasPrivateCache: true }),
      await make({ name: 'Other', hasPrivateCache: true }),
    ];
    const input = { inputs: [{ name: 'input', shape: [1, 4], datatype: 'FP32', data: [5, 3, 1, 0.25] }] };
    const metadata = (await host.send('/v2/models/iris', { headers: { 'x-api-key': a } })).json<{
      inputs: { name: string }[];
    }>();
    input.inputs[0]!.name = metadata.inputs[0]!.name;
    const ask = async (key: string) =>
      String((await host.post('/v2/models/iris/infer', input, { 'x-api-key': key })).headers['x-millrace-cache']);
    // What the model is has to be read once.
    await until('the cache is ready', 30_000, async () => !(await ask(own)).startsWith('off'));
    input.inputs[0]!.data = [5, 3, 1, 0.5];
    expect(await ask(own)).toBe('miss');
    expect(await ask(own)).toMatch(/^hit/);
    // What one keeps apart is neither the others' nor another's who keeps his apart.
    expect(await ask(a)).toBe('miss');
    expect(await ask(other)).toBe('miss');
    expect(await ask(b)).toMatch(/^hit/);
    expect(await ask(a)).toMatch(/^hit/);
  });
});
