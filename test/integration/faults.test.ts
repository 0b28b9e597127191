/** The faults of the serving core, each with real hosts and real replicas: what is accepted is answered, whatever dies. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ENDLESS_ABOVE, endlessLoopModel, tunableModel } from '../support/awkward-models.ts';
import { HostProcess, demoModels, isRunning, until } from '../support/host-process.ts';
import { post, quantile, runLoad } from '../support/load.ts';
import { openTestRepository } from '../support/model-repository.ts';
import { identityModel } from '../support/models.ts';

const poisonReplica = fileURLToPath(new URL('../fixtures/poison-replica.ts', import.meta.url));
const samples = JSON.parse(await readFile(join(demoModels, 'digits', 'samples.json'), 'utf8')) as {
  inputs: number[][];
};
const digitsBodies = samples.inputs.map((row) => oipBody('features', [1, row.length], row));

const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

function oipBody(name: string, shape: readonly number[], data: readonly number[], extra: object = {}): string {
  return JSON.stringify({ inputs: [{ name, shape, datatype: 'FP32', data }], ...extra });
}

async function repository(models: Parameters<typeof openTestRepository>[0]): Promise<string> {
  const { directory, remove } = await openTestRepository(models);
  cleanups.push(remove);
  return directory;
}

const digitsUrl = (host: HostProcess): string => `${host.inferenceUrl}/v2/models/digits/infer`;

/** False where the process has ended since it was listed. */
function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

describe('a replica that is killed', () => {
  it(
    'costs no request, though one of three dies every 200 ms for 20 seconds under load',
    { timeout: 90_000 },
    async () => {
      await using host = await HostProcess.start({ models: demoModels, settings: { defaults: { replicas: 3 } } });
      const endMs = performance.now() + 20_000;
      let kills = 0;
      const killing = (async () => {
        while (performance.now() < endMs) {
          const pids = await host.readyReplicas('digits');
          const victim = pids[kills % Math.max(1, pids.length)];
          if (victim !== undefined && kill(victim)) kills++;
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      })();
      const report = await runLoad({
        url: digitsUrl(host),
        body: (index) => digitsBodies[index % digitsBodies.length]!,
        connections: 8,
        stopped: () => performance.now() > endMs,
      });
      await killing;
      const digits = (await host.status()).models.find(({ name }) => name === 'digits')?.versions[0];
      console.log(
        `${kills} kills, ${report.answered} answers, ${digits!.restarts} restarts, slowest ${Math.round(quantile(report.latenciesMs, 1))} ms`,
      );
      expect(report.firstBad).toBeUndefined();
      expect(report.lost).toEqual([]);
      expect(Object.keys(report.statuses)).toEqual(['200']);
      expect(kills).toBeGreaterThan(60);
      expect(report.answered).toBeGreaterThan(200 * 20);
      expect(digits!.state).toBe('READY');
    },
  );
});

describe('a request that kills its replica', () => {
  it(
    'takes at most two processes with it, gets 422, and loses nobody else’s request',
    { timeout: 60_000 },
    async () => {
      const models = await repository([{ name: 'echo', bytes: identityModel('FLOAT'), manifest: { replicas: 3 } }]);
      await using host = await HostProcess.start({ models, replicaEntry: poisonReplica });
      await until('three replicas are ready', 15_000, async () => (await host.readyReplicas('echo')).length === 3);
      const url = `${host.inferenceUrl}/v2/models/echo/infer`;
      let done = false;
      const bystanders = runLoad({
        url,
        body: (index) => oipBody('x', [1, 2], [index % 500, 1]),
        connections: 6,
        stopped: () => done,
      });
      const before = new Set(await host.readyReplicas('echo'));
      const poison = oipBody('x', [1, 2], [666, 666]);
      const answers = await Promise.all(Array.from({ length: 10 }, () => post(url, poison)));
      await until('the replicas are back', 15_000, async () => (await host.readyReplicas('echo')).length === 3);
      const again = await post(url, poison);
      done = true;
      const report = await bystanders;
      const [echo] = (await host.status()).models[0]!.versions;
      const after = await host.readyReplicas('echo');
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 422));
      expect(JSON.parse(answers[0]!.body)).toMatchObject({
        code: 'poison-request',
        details: { incidentId: expect.any(String) },
      });
      expect(again.status).toBe(422);
      expect(echo!.restarts).toBe(2);
      expect(after.filter((pid) => !before.has(pid))).toHaveLength(2);
      expect(report.firstBad).toBeUndefined();
      expect(report.lost).toEqual([]);
      expect(report.answered).toBeGreaterThan(50);
    },
  );
});

describe('a run that never ends', () => {
  it('is answered 504 at its deadline, costs its own replica and no other model', { timeout: 60_000 }, async () => {
    const models = await repository([
      { name: 'endless', bytes: endlessLoopModel() },
      { name: 'echo', bytes: identityModel('FLOAT') },
    ]);
    await using host = await HostProcess.start({ models });
    const endless = `${host.inferenceUrl}/v2/models/endless/infer`;
    const [hungPid] = await host.readyReplicas('endless');
    let done = false;
    const other = runLoad({
      url: `${host.inferenceUrl}/v2/models/echo/infer`,
      body: (index) => oipBody('x', [1, 2], [index, 1]),
      connections: 2,
      stopped: () => done,
    });
    const startedMs = performance.now();
    const hung = await post(
      endless,
      oipBody('x', [1, 4], [ENDLESS_ABOVE + 1, 0, 0, 0], { parameters: { timeout: 1_500_000 } }),
    );
    const tookMs = performance.now() - startedMs;
    expect(hung.status).toBe(504);
    expect(JSON.parse(hung.body)).toMatchObject({ code: 'deadline-exceeded', details: { timeoutMs: 1500 } });
    expect(tookMs).toBeGreaterThanOrEqual(1490);
    expect(tookMs).toBeLessThan(2500);
    await until('the hung process is gone', 5000, async () => !(await isRunning(hungPid!)));
    const ordinary = await post(endless, oipBody('x', [1, 4], [1, 2, 3, 4]));
    expect(ordinary.status).toBe(200);
    done = true;
    const report = await other;
    expect(report.lost).toEqual([]);
    expect(Object.keys(report.statuses)).toEqual(['200']);
    // Had it waited behind the endless run, it would have taken a second and a half.
    expect(quantile(report.latenciesMs, 0.99)).toBeLessThan(250);
  });

  it('does not spoil requests of the same model that had not begun', { timeout: 60_000 }, async () => {
    const models = await repository([
      { name: 'endless', bytes: endlessLoopModel(), manifest: { replicas: 2, maxBatchSize: 1 } },
    ]);
    await using host = await HostProcess.start({ models });
    await until('two replicas are ready', 15_000, async () => (await host.readyReplicas('endless')).length === 2);
    const url = `${host.inferenceUrl}/v2/models/endless/infer`;
    const hanging = post(
      url,
      oipBody('x', [1, 4], [ENDLESS_ABOVE + 1, 0, 0, 0], { parameters: { timeout: 1_200_000 } }),
    );
    const others = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        post(url, oipBody('x', [1, 4], [-index, 0, 0, 0], { parameters: { timeout: 10_000_000 } })),
      ),
    );
    expect(others.map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200));
    expect((await hanging).status).toBe(504);
  });
});

describe('a host that is killed', () => {
  it('leaves no child after two seconds, not even one inside an endless run', { timeout: 60_000 }, async () => {
    const models = await repository([
      { name: 'endless', bytes: endlessLoopModel() },
      { name: 'echo', bytes: identityModel('FLOAT'), manifest: { replicas: 2 } },
    ]);
    await using host = await HostProcess.start({ models });
    await until('three replicas are ready', 15_000, async () => (await host.readyReplicas()).length === 3);
    const children = [...(await host.readyReplicas()), (await host.status()).wardenPid!];
    expect(children).toHaveLength(4);
    const hanging = post(
      `${host.inferenceUrl}/v2/models/endless/infer`,
      oipBody('x', [1, 4], [ENDLESS_ABOVE + 1, 0, 0, 0]),
    );
    hanging.catch(() => {});
    await until('the run has begun', 5000, async () =>
      (await host.status()).models.some(({ versions }) => versions[0]!.replicas.some(({ inFlight }) => inFlight > 0)),
    );
    await host.kill();
    await expect(hanging).rejects.toThrow();
    const goneMs = await until(
      'all children are gone',
      2000,
      async () => !(await Promise.all(children.map(isRunning))).includes(true),
    );
    console.log(`all children gone after ${Math.round(goneMs)} ms`);
  });
});

describe('a host that is told to stop', () => {
  it('answers everything that it has accepted', { timeout: 60_000 }, async () => {
    const models = await repository([{ name: 'tunable', bytes: tunableModel(), manifest: { maxBatchSize: 0 } }]);
    await using host = await HostProcess.start({ models });
    const body = JSON.stringify({
      inputs: [
        { name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] },
        { name: 'rounds', shape: [1, 1], datatype: 'INT64', data: [20] },
      ],
    });
    const loading = runLoad({
      url: `${host.inferenceUrl}/v2/models/tunable/infer`,
      body: () => body,
      connections: 24,
      stopped: () => false,
      untilRefused: true,
    });
    await until('requests wait', 5000, async () => (await host.status()).models[0]!.queued > 10);
    const replicas = await host.readyReplicas();
    host.signal('SIGTERM');
    const report = await loading;
    const exit = await host.exited;
    expect(report.firstBad).toBeUndefined();
    expect(report.lost).toEqual([]);
    expect(report.answered).toBeGreaterThanOrEqual(24);
    expect(exit).toEqual({ code: 0, signal: null });
    expect((await Promise.all(replicas.map(isRunning))).includes(true)).toBe(false);
  });
});

describe('a queue that is full', () => {
  it(
    'is answered 503 with a time to come back, and the host’s memory stays where it was',
    { timeout: 60_000 },
    async () => {
      const models = await repository([
        { name: 'tunable', bytes: tunableModel(), manifest: { maxBatchSize: 0, maxQueue: 20 } },
      ]);
      await using host = await HostProcess.start({ models });
      // Extra keys are ignored, but their bytes are held like all others.
      const body = JSON.stringify({
        note: 'x'.repeat(100_000),
        inputs: [
          { name: 'x', shape: [1, 4], datatype: 'FP32', data: [1, 2, 3, 4] },
          { name: 'rounds', shape: [1, 1], datatype: 'INT64', data: [100] },
        ],
      });
      const url = `${host.inferenceUrl}/v2/models/tunable/infer`;
      const flood = async (seconds: number) => {
        const endMs = performance.now() + seconds * 1000;
        return runLoad({ url, body: () => body, connections: 200, stopped: () => performance.now() > endMs });
      };
      const floodWatched = async (seconds: number) => {
        let peak = 0;
        let done = false;
        const watching = (async () => {
          while (!done) {
            peak = Math.max(peak, (await host.status()).rssBytes);
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        })();
        const report = await flood(seconds);
        done = true;
        await watching;
        return { report, peak };
      };
      // V8 lets some tens of megabytes of dropped buffers gather before it collects them: that is reached at once, and what
      // would grow with the refusals comes on top.
      const { peak: before } = await floodWatched(2);
      const { report, peak } = await floodWatched(6);
      const refused = await Promise.all(Array.from({ length: 100 }, () => post(url, body)));
      const one = refused.find(({ status }) => status === 503)!;
      console.log(
        `${JSON.stringify(report.statuses)}, memory ${Math.round(before / 1e6)} → ${Math.round(peak / 1e6)} MB at most`,
      );
      expect(Object.keys(report.statuses).toSorted()).toEqual(['200', '503']);
      expect(JSON.parse(one.body)).toMatchObject({ code: 'queue-full' });
      expect(Number(one.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(Number(one.headers['retry-after'])).toBeLessThanOrEqual(60);
      expect(peak - before).toBeLessThan(50e6);
    },
  );
});
