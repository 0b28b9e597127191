/** Copies that are kept ready, and copies that are not kept at all: a warm spare, and a model that sleeps. */
import { describe, expect, it } from 'vitest';
import { until } from '../support/host-process.ts';
import { post } from '../support/load.ts';
import { heavyRequest, heavyUrl, startHeavyHost } from '../support/scaling-run.ts';
import type { TestHost } from '../support/test-host.ts';

const replicas = async (host: TestHost) => (await host.status()).models[0]!.versions[0]!.replicas;
const readyPids = async (host: TestHost) =>
  (await replicas(host)).filter(({ state }) => state === 'ready').map(({ pid }) => pid);

describe('a warm spare', { timeout: 90_000 }, () => {
  it('takes no requests, and takes the place of a copy that dies', async () => {
    await using host = await startHeavyHost({ warmSpare: true, metrics: {}, ceilings: { reservedCores: 0 } });
    await until('the spare is loaded', 30_000, async () => (await readyPids(host)).length === 2);
    for (let index = 0; index < 6; index++) expect((await post(heavyUrl(host), heavyRequest)).status).toBe(200);
    const before = await replicas(host);
    const serving = before.find(({ answered }) => answered > 0);
    const spare = before.find(({ answered }) => answered === 0);
    expect([serving!.answered, spare!.answered]).toEqual([6, 0]);
    process.kill(serving!.pid, 'SIGKILL');
    expect((await post(heavyUrl(host), heavyRequest)).status).toBe(200);
    await until('a new spare is loaded', 30_000, async () => {
      const pids = await readyPids(host);
      return pids.length === 2 && !pids.includes(serving!.pid);
    });
    const after = await replicas(host);
    expect(after.find(({ pid }) => pid === spare!.pid)!.answered).toBe(1);
    expect((await host.metrics()).find(({ name }) => name === 'millrace_replicas_ready')!.value).toBe(1);
  });
});

describe('a model with minimum 0', { timeout: 90_000 }, () => {
  it('sleeps when idle, and answers the request that wakes it', async () => {
    await using host = await startHeavyHost({ min: 0, idleToZeroMs: 2000 });
    await until('no process is left', 30_000, () => host.host.catalog.list()[0]!.state === 'IDLE');
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(heavyUrl(host), heavyRequest)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    await until('it sleeps again', 30_000, () => host.host.catalog.list()[0]!.state === 'IDLE');
    const told = host.host.events.list({ kind: 'scaling' }).filter(({ sentence }) => sentence.includes('1 → 0 copies'));
    expect(told).toHaveLength(2);
  });
});
