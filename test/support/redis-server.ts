/** A Redis server of the test's own, on a free port, without a file. Whoever starts it ends it. */
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Redis } from '../../server/storage/redis.ts';
import { until } from './host-process.ts';

export const redisInstalled = spawnSync('redis-server', ['--version']).status === 0;

/** For the names of suites that are skipped: a skip that nobody sees is a hole. */
export const redisSkip = redisInstalled ? '' : ' (skipped: redis-server is not installed)';

export interface TestRedis extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Stops it in its tracks: it takes connections and says nothing. */
  pause(): void;
  resume(): void;
  /** Ends it; `start` with the same port brings it back, empty. */
  kill(): Promise<void>;
}

export async function startRedis(args: readonly string[] = [], port?: number): Promise<TestRedis> {
  const chosen = port ?? (await freePort());
  const options = ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...args];
  const child = spawn('redis-server', options, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const url = `redis://127.0.0.1:${chosen}`;
  const password = args[args.indexOf('--requirepass') + 1];
  const probe = new Redis({
    url: args.includes('--requirepass') ? url.replace('//', `//:${password}@`) : url,
    onTrouble: () => {},
  });
  await until('Redis answers', 10_000, () => Promise.resolve(probe.isReady));
  probe.close();
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    port: chosen,
    url,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
