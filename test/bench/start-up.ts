/** What a start costs: the time to the first answer, and the memory of an idle host and its replica. */
import { readFile } from 'node:fs/promises';
import { digitsModel, storeModel } from './bench-model.ts';
import type { Bench } from './bench.ts';
import { answerOf, digitsRequest } from './inference-request.ts';
import { startMillrace } from './millrace-host.ts';
import type { MillraceHost } from './millrace-host.ts';
import { untilQuiet } from './quiet.ts';
import { limitRow } from './row.ts';
import type { Row } from './row.ts';
import type { Scope } from './scope.ts';

const repetitions = 5;
const quietLimitMs = 30_000;

/** The first start fills the compile cache and the file cache and does not count. */
export async function measureStart(bench: Bench, scope: Scope): Promise<Row[]> {
  const model = await storeModel(scope, await digitsModel());
  const request = await digitsRequest();
  const seconds: number[] = [];
  for (let index = 0; index <= repetitions; index++) {
    await untilQuiet(quietLimitMs);
    await using part = scope.open();
    const startedMs = performance.now();
    const host = await startMillrace(part, model, { replicas: 1, cache: true });
    await answerOf(host.inferenceUrl, request);
    const took = (performance.now() - startedMs) / 1000;
    bench.say(`process start to the first answer: ${took.toFixed(3)} s${index === 0 ? ' (not counted)' : ''}`);
    if (index > 0) seconds.push(took);
  }
  return [limitRow('process start to the first answer, digits', seconds, 1, 's')];
}

/** After the start, before any request. */
export async function measureMemory(bench: Bench, scope: Scope): Promise<Row[]> {
  const model = await storeModel(scope, await digitsModel());
  const hostMegabytes: number[] = [];
  const replicaMegabytes: number[] = [];
  for (let index = 0; index <= repetitions; index++) {
    await using part = scope.open();
    const memory = await idleMemory(await startMillrace(part, model, { replicas: 1, cache: true }));
    bench.say(`idle: host ${memory.host.toFixed(1)} MB, replica ${memory.replica.toFixed(1)} MB`);
    if (index === 0) continue;
    hostMegabytes.push(memory.host);
    replicaMegabytes.push(memory.replica);
  }
  return [
    limitRow('idle memory (RSS), host', hostMegabytes, 120, 'MB'),
    limitRow('idle memory (RSS), replica with digits', replicaMegabytes, 95, 'MB'),
  ];
}

async function idleMemory(host: MillraceHost): Promise<{ readonly host: number; readonly replica: number }> {
  // Read first: asking for the status is work that the host had not done before.
  const hostBytes = process.platform === 'linux' ? await residentBytes(host.pid) : undefined;
  const status = await host.status();
  const replica = status.models[0]!.versions[0]!.replicas[0]!;
  const replicaBytes = process.platform === 'linux' ? await residentBytes(replica.pid) : replica.rssBytes;
  return { host: (hostBytes ?? status.rssBytes) / 1e6, replica: replicaBytes / 1e6 };
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}
