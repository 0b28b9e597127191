/** Starts what Millrace is compared with. Everything ends with the scope. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readAnnouncement } from './announcement.ts';
import type { BareServerSettings } from './bare-server.ts';
import type { StoredModel } from './bench-model.ts';
import type { Contestant } from './contestant.ts';
import type { Scope } from './scope.ts';

/** Baseline A. Gives its URL. */
export async function startBareServer(scope: Scope, { name, modelPath, maxBatchSize }: StoredModel): Promise<string> {
  const settings: BareServerSettings = { name, modelPath, maxBatchSize };
  return startProgram(scope, 'bare-server.ts', [JSON.stringify(settings)]);
}

/** Baseline B: two of A behind http-proxy-3. Gives the proxy's URL. */
export async function startProxy(scope: Scope, model: StoredModel): Promise<string> {
  const targets = [await startBareServer(scope, model), await startBareServer(scope, model)];
  return startProgram(scope, 'proxy-server.ts', targets);
}

/** So many bare ONNX Runtime loops, each a process with one thread. */
export async function startRawLoops(scope: Scope, { modelPath }: StoredModel, count: number): Promise<Contestant> {
  const loops = await Promise.all(
    Array.from({ length: count }, async () => {
      const child = await scope.spawn(process.execPath, [programPath('raw-loop.ts'), modelPath], {
        env: childEnvironment,
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      });
      await readAnnouncement(child, 'raw-loop.ts');
      return child;
    }),
  );
  return {
    async measure(_connections, seconds) {
      const rates = loops.map(async (loop): Promise<number> => {
        const answered = once(loop, 'message');
        loop.send(seconds * 1000);
        const [perSecond] = await answered;
        return perSecond as number;
      });
      return { perSecond: (await Promise.all(rates)).reduce((sum, rate) => sum + rate, 0), p50Ms: undefined };
    },
    answer: async () => undefined,
  };
}

async function startProgram(scope: Scope, file: string, args: readonly string[]): Promise<string> {
  const child = await scope.spawn(process.execPath, [programPath(file), ...args], {
    env: childEnvironment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return (await readAnnouncement<{ url: string }>(child, file)).url;
}

function programPath(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** ONNX Runtime's telemetry is off here as it is in Millrace's replicas. */
const childEnvironment = { ...process.env, ORT_DISABLE_TELEMETRY: '1' };
