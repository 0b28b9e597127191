/** Answers of another server, kept in Redis: for whoever asks next, on any host, also while that server is gone. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HostProcess, until } from '../support/host-process.ts';
import { openTestRepository } from '../support/model-repository.ts';
import { redisInstalled, redisSkip, startRedis } from '../support/redis-server.ts';
import { TestHost } from '../support/test-host.ts';
import { scaleModel } from '../support/versioned-models.ts';

/** A host that answers for `scale` by that server, and saves what it says. */
async function hostInFront(server: string, redis: string): Promise<TestHost> {
  const repository = await openTestRepository();
  onTestFinished(() => repository.remove());
  await mkdir(join(repository.directory, 'scale'));
  const manifest = { upstreams: [{ url: server }], cache: { enabled: true } };
  await writeFile(join(repository.directory, 'scale', 'millrace.json'), JSON.stringify(manifest));
  return TestHost.start({ models: repository.directory, settings: { cache: { redis } } });
}

interface Heard {
  readonly cache: string;
  readonly y: number | undefined;
}

async function ask(host: TestHost, x: number, headers: Readonly<Record<string, string>> = {}): Promise<Heard> {
  const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [x] }] };
  const answer = await host.post('/v2/models/scale/infer', body, headers);
  const { outputs } = answer.json<{ outputs?: [{ data: [number] }] }>();
  return { cache: String(answer.headers['x-millrace-cache']).split(';')[0]!, y: outputs?.[0].data[0] };
}

async function answeredBy(url: string): Promise<number> {
  const page = await (await fetch(`${url}/metrics`)).text();
  return Number(/^nv_inference_request_success\{[^}]*model="scale"[^}]*\} (\d+)/m.exec(page)![1]);
}

describe.skipIf(!redisInstalled)(`what another server answered${redisSkip}`, () => {
  it(
    'is kept in Redis: for another host, over a restart, and while that server is gone',
    { timeout: 90_000 },
    async () => {
      await using redis = await startRedis();
      const there = await openTestRepository([{ name: 'scale', bytes: scaleModel(7) }]);
      onTestFinished(() => there.remove());
      // In a process of its own, which ends while the hosts of this one run.
      await using server = await HostProcess.start({ models: there.directory });
      const serverUrl = server.inferenceUrl;
      const values = Array.from({ length: 40 }, (_, index) => 10 + index);
      {
        await using first = await hostInFront(serverUrl, redis.url);
        await until('answers are saved', 15_000, async () => ['miss', 'hit'].includes((await ask(first, 0)).cache));
        for (const x of values) expect(await ask(first, x)).toEqual({ cache: 'miss', y: 7 * x });
        await until('they are found', 5000, async () => (await ask(first, 10)).cache === 'hit');
      }
      await using second = await hostInFront(serverUrl, redis.url);
      await until('answers are looked up', 15_000, async () => ['miss', 'hit'].includes((await ask(second, 0)).cache));
      // A look has 5 ms, which a busy machine may miss: then the server is asked.
      const heard = [];
      for (const x of values) heard.push({ x, ...(await ask(second, x)) });
      expect(heard.filter(({ x, y }) => y !== 7 * x)).toEqual([]);
      const found = heard.filter(({ cache }) => cache === 'hit').map(({ x }) => x);
      expect(found.length).toBeGreaterThan(0);
      const answeredThere = await answeredBy(serverUrl);
      expect(await ask(second, 4)).toEqual({ cache: 'miss', y: 28 });
      expect(await answeredBy(serverUrl)).toBe(answeredThere + 1);

      await server.kill();
      await until('the saved answer of 4 is found', 5000, async () => (await ask(second, 4)).cache === 'hit');
      await until(
        'an answer of the host before is found',
        5000,
        async () => (await ask(second, found[0]!)).cache === 'hit',
      );
      // What nobody has asked before has no answer now.
      expect((await ask(second, 5)).y).toBeUndefined();
      expect((await ask(second, found[0]!, { 'Cache-Control': 'no-cache' })).y).toBeUndefined();
    },
  );
});
