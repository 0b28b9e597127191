/**
 * Two hosts on this machine as `docs/scaling-out.md` has them: one S3 bucket, one Redis, one nginx in front, with the configuration that
 * `millrace export nginx` wrote.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findHost } from '../../server/cli/host-client.ts';
import { HostProcess, isRunning, until } from '../support/host-process.ts';
import { runLoad } from '../support/load.ts';
import { millrace } from '../support/millrace-command.ts';
import { checkNginx, nginxInstalled, nginxSkip, TestNginx } from '../support/nginx.ts';
import { freePort, redisInstalled, redisSkip, startRedis } from '../support/redis-server.ts';
import type { TestRedis } from '../support/redis-server.ts';
import { S3Rver, s3rverKey } from '../support/s3-servers.ts';
import { scaleModel } from '../support/versioned-models.ts';

const patienceMs = 60_000;
const path = '/v2/models/scale/infer';
const bodyOf = (x: number): string =>
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [x] }] });

interface Heard {
  readonly status: number;
  readonly version: string | undefined;
  readonly y: number | undefined;
  /** `hit`, `miss` or `off`. */
  readonly cache: string;
}

async function ask(url: string, x: number): Promise<Heard> {
  const response = await fetch(url + path, { method: 'POST', body: bodyOf(x) });
  const answer = (await response.json()) as { model_version?: string; outputs?: [{ data: [number] }] };
  return {
    status: response.status,
    version: answer.model_version,
    y: answer.outputs?.[0].data[0],
    cache: (response.headers.get('x-millrace-cache') ?? '').split(';')[0]!,
  };
}

describe.skipIf(!nginxInstalled || !redisInstalled)(`two hosts${nginxSkip}${redisSkip}`, () => {
  let folder: string;
  let s3: S3Rver;
  let redis: TestRedis;
  let nginx: TestNginx;
  /** Where a third machine has models and publishes them. */
  let desk: string;
  const hosts: HostProcess[] = [];
  const [keyId, secretKey] = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((name) => process.env[name]);

  const command = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await millrace(...args);
    expect(code, stderr).toBe(0);
    return stdout;
  };

  /** A new version of the model goes to S3, as a person on a machine of their own does it. */
  async function publish(factor: number): Promise<void> {
    const file = join(folder, 'scale.onnx');
    await writeFile(file, scaleModel(factor));
    await command('models', 'import', file, '--name', 'scale', '--data', desk);
    await command('models', 'push', 'scale', '--to', 'shared', '--data', desk);
  }

  const startHost = (name: string): Promise<HostProcess> => {
    const dataDirectory = join(folder, name);
    return HostProcess.start({
      models: join(dataDirectory, 'models'),
      settings: {
        dataDirectory,
        cache: { redis: redis.url },
        features: { redis: redis.url },
        waitForSources: true,
        sources: [
          {
            kind: 's3',
            name: 'shared',
            bucket: s3.bucket,
            prefix: 'prod',
            endpoint: s3.endpoint,
            allowPrivateEndpoint: true,
            everySeconds: 1,
          },
        ],
      },
    });
  };

  beforeAll(async () => {
    // As a person has them in the environment, or a pod from a Secret.
    process.env['AWS_ACCESS_KEY_ID'] = s3rverKey.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = s3rverKey.secretAccessKey;
    folder = await mkdtemp(join(tmpdir(), 'millrace-scaling-out-'));
    desk = join(folder, 'desk');
    [s3, redis] = await Promise.all([S3Rver.start(), startRedis()]);
    const place = ['s3://models/prod', '--endpoint', s3.endpoint, '--allow-private-endpoint'];
    await command('sources', 'add', 'shared', ...place, '--data', desk);
    await publish(2);
    hosts.push(await startHost('one'), await startHost('two'));
    const port = await freePort();
    const site = await command(
      'export',
      'nginx',
      ...hosts.map(({ inferenceUrl }) => inferenceUrl),
      '--listen',
      `127.0.0.1:${port}`,
      '--data',
      join(folder, 'one'),
    );
    expect(await checkNginx(site)).toContain('test is successful');
    nginx = await TestNginx.start(site, port);
  }, 180_000);

  afterAll(async () => {
    await nginx?.[Symbol.asyncDispose]();
    for (const host of hosts) await host[Symbol.asyncDispose]();
    await redis?.kill();
    await s3?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
    for (const [name, value] of [
      ['AWS_ACCESS_KEY_ID', keyId],
      ['AWS_SECRET_ACCESS_KEY', secretKey],
    ] as const) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it('are ready once the models of S3 are there, and not before', { timeout: patienceMs }, async () => {
    for (const { inferenceUrl } of hosts) {
      await until('it is ready', patienceMs, async () => {
        const { status } = await fetch(`${inferenceUrl}/v2/health/ready`);
        // Ready is a promise: from then on its models answer.
        if (status === 200) expect(await ask(inferenceUrl, 1)).toMatchObject({ status: 200, version: '1', y: 2 });
        return status === 200;
      });
    }
  });

  it('give each other’s saved answers, and nginx reaches both', { timeout: patienceMs }, async () => {
    const [one, two] = hosts as [HostProcess, HostProcess];
    for (const { inferenceUrl } of hosts) {
      await until('answers are saved', patienceMs, async () => (await ask(inferenceUrl, 0)).cache !== 'off');
    }
    expect(await ask(one.inferenceUrl, 21)).toMatchObject({ y: 42, cache: 'miss' });
    await until('the other has it', patienceMs, async () => (await ask(two.inferenceUrl, 21)).cache === 'hit');
    expect(await ask(nginx.url, 21)).toMatchObject({ status: 200, y: 42, cache: 'hit' });
    const counts = async (): Promise<number[]> =>
      Promise.all(
        hosts.map(async ({ inferenceUrl }) => {
          const page = await (await fetch(`${inferenceUrl}/metrics`)).text();
          return Number(/^nv_inference_request_success\{[^}]*model="scale"[^}]*\} (\d+)/m.exec(page)?.[1] ?? 0);
        }),
      );
    const before = await counts();
    for (let x = 1000; x < 1040; x++) expect(await ask(nginx.url, x)).toMatchObject({ status: 200, y: 2 * x });
    const gained = (await counts()).map((count, index) => count - before[index]!);
    expect(
      gained.every((count) => count > 0),
      String(gained),
    ).toBe(true);
  });

  it('have the same features, and the figures of single hosts stay with them', { timeout: patienceMs }, async () => {
    const [one, two] = hosts as [HostProcess, HostProcess];
    const written = await fetch(`${one.inferenceUrl}/v1/features/lines/7`, {
      method: 'PUT',
      body: JSON.stringify({ features: { speed: 3 } }),
    });
    expect(written.status).toBeLessThan(300);
    const read = await fetch(`${two.inferenceUrl}/v1/features/lines/7`);
    expect(await read.json()).toMatchObject({ features: { speed: 3 } });
    expect((await fetch(`${nginx.url}/metrics`)).status).toBe(404);
  });

  it('both serve a new version that was pushed to S3, without losing a request', { timeout: 120_000 }, async () => {
    let isOver = false;
    let asked = 0;
    const load = runLoad({
      url: nginx.url + path,
      body: () => bodyOf(5000 + asked++),
      connections: 4,
      stopped: () => isOver,
    });
    await publish(3);
    for (const { inferenceUrl } of hosts) {
      await until('version 2 answers', patienceMs, async () => (await ask(inferenceUrl, 9)).version === '2');
      expect(await ask(inferenceUrl, 9)).toMatchObject({ y: 27 });
    }
    isOver = true;
    expect(await load).toMatchObject({ lost: [], firstBad: undefined });
  });

  it(
    'lose no request when one of them is killed under load, nor when it comes back',
    { timeout: 120_000 },
    async () => {
      const one = hosts[0]!;
      const { models } = (await findHost(join(folder, 'one'))).status;
      const children = models.flatMap(({ versions }) =>
        versions.flatMap(({ replicas }) => replicas.map(({ pid }) => pid)),
      );
      expect(children.length).toBeGreaterThan(0);
      let isOver = false;
      let asked = 0;
      const load = runLoad({
        url: nginx.url + path,
        // Each is another question: an answer that was saved proves nothing.
        body: () => bodyOf(100_000 + asked++),
        connections: 16,
        stopped: () => isOver,
      });
      await until('the load runs', patienceMs, () => asked > 200);
      await one.kill();
      const atDeath = asked;
      await until('hundreds of requests were answered without it', patienceMs, () => asked > atDeath + 500);
      for (const pid of children)
        await until('its replicas have ended', patienceMs, async () => !(await isRunning(pid)));
      isOver = true;
      const report = await load;
      expect(report).toMatchObject({ lost: [], firstBad: undefined });
      expect(Object.keys(report.statuses)).toEqual(['200']);
      expect(report.answered).toBe(asked);
    },
  );

  it('and lose none when one is stopped in order', { timeout: 120_000 }, async () => {
    hosts[0] = await startHost('three');
    const { inferenceUrl } = hosts[0];
    const port = await freePort();
    const urls = hosts.map((host) => host.inferenceUrl);
    await until(
      'it has the models',
      patienceMs,
      async () => (await fetch(`${inferenceUrl}/v2/health/ready`)).status === 200,
    );
    const site = await command(
      'export',
      'nginx',
      ...urls,
      '--listen',
      `127.0.0.1:${port}`,
      '--data',
      join(folder, 'three'),
    );
    await using front = await TestNginx.start(site, port);
    let isOver = false;
    let asked = 0;
    const load = runLoad({
      url: front.url + path,
      body: () => bodyOf(200_000 + asked++),
      connections: 16,
      stopped: () => isOver,
    });
    await until('the load runs', patienceMs, () => asked > 200);
    const { exited } = hosts[0];
    hosts[0].signal('SIGTERM');
    await exited;
    const atEnd = asked;
    await until('requests are answered without it', patienceMs, () => asked > atEnd + 200);
    isOver = true;
    expect(await load).toMatchObject({ lost: [], firstBad: undefined });
  });
});
