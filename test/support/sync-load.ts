/** A host under a steady load while a large model comes from S3: what that costs in latency and memory. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SecretsFile } from '../../server/sources/secrets-file.ts';
import { SourceList } from '../../server/sources/source-list.ts';
import { SourceMemory } from '../../server/sources/source-memory.ts';
import { demoModels } from './host-process.ts';
import { post } from './load.ts';
import { s3rverKey } from './s3-servers.ts';

const program = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));
const insideEntry = fileURLToPath(new URL('../fixtures/host-that-syncs-inside.ts', import.meta.url));
const largeS3 = fileURLToPath(new URL('../fixtures/large-s3.ts', import.meta.url));

export interface SyncLoadOptions {
  readonly megabytes: number;
  /** `inside`: the host syncs in its own process, for comparison. `nowhere`: nothing is synced for so long, to know the noise. */
  readonly where: 'beside' | 'inside' | 'nowhere';
  /** Between two requests of a connection; longer means less heap that grows by itself. */
  readonly pauseMs: number;
  /** Length of the measurements before and after, milliseconds. */
  readonly quietMs: number;
}

export interface Phase {
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface SyncLoadResult {
  readonly before: Phase;
  readonly during: Phase;
  readonly after: Phase;
  readonly syncSeconds: number;
  readonly bytes: number;
  readonly outcome: string;
  readonly sentence: string;
  readonly rssBeforeBytes: number;
  readonly rssPeakBytes: number;
}

const connections = 4;
/** About as long as a gigabyte takes beside other work. */
const nowhereMs = 30_000;
const row = JSON.stringify({ features: [5.1, 3.5, 1.4, 0.2] });

export async function measureSyncLoad({
  megabytes,
  where,
  pauseMs,
  quietMs,
}: SyncLoadOptions): Promise<SyncLoadResult> {
  const isInside = where === 'inside';
  const folder = await mkdtemp(join(tmpdir(), 'millrace-sync-load-'));
  const data = join(folder, 'data');
  const children: ChildProcess[] = [];
  const start = async <T>(args: readonly string[]): Promise<{ child: ChildProcess; announced: T }> => {
    const child = spawn(process.execPath, [...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout! }).once('line', resolve);
      child.once('exit', () => reject(new Error(`${args.join(' ')} ended early.`)));
    });
    return { child, announced: JSON.parse(line) as T };
  };
  try {
    const large = await start<{ endpoint: string }>([largeS3, String(megabytes)]);
    await mkdir(data, { recursive: true });
    await new SecretsFile(data).store('factory', s3rverKey);
    const source = {
      kind: 's3',
      name: 'factory',
      bucket: 'models',
      prefix: 'prod',
      endpoint: large.announced.endpoint,
      allowPrivateEndpoint: true,
      everySeconds: isInside ? 0 : 3600,
      paused: !isInside,
    };
    const settings = {
      models: demoModels,
      dataDirectory: data,
      http: { port: 0 },
      admin: { port: 0 },
      log: { level: 'error' },
      sources: [source],
    };
    const config = join(folder, 'settings.json');
    await writeFile(config, JSON.stringify(settings));
    const host = await start<{ inferenceUrl: string }>(
      isInside ? [insideEntry, config] : [program, 'serve', '--json', '--config', config],
    );
    const url = `${host.announced.inferenceUrl}/predict/iris`;
    let rssPeakBytes = 0;
    const sampler = setInterval(async () => {
      rssPeakBytes = Math.max(rssPeakBytes, await rssOf(host.child.pid!));
    }, 50);
    await phase(url, pauseMs, forMs(quietMs)); // The heap of a host under load grows for some seconds by itself.
    const before = await phase(url, pauseMs, forMs(quietMs));
    const rssBeforeBytes = rssPeakBytes;
    if (where === 'nowhere') {
      const during = await phase(url, pauseMs, forMs(nowhereMs));
      clearInterval(sampler);
      const after = await phase(url, pauseMs, forMs(quietMs));
      const nothing = { syncSeconds: nowhereMs / 1000, bytes: 0, outcome: 'nothing', sentence: '' };
      return { before, during, after, ...nothing, rssBeforeBytes, rssPeakBytes };
    }
    const memory = SourceMemory.open(data);
    if (isInside) host.child.kill('SIGUSR2');
    else await new SourceList(data, settings.sources as never).setPaused('factory', false);
    const run = () => memory.history('factory', 1)[0];
    while (run() === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    const during = await phase(url, pauseMs, () => run()!.outcome !== 'running');
    clearInterval(sampler);
    const { outcome, sentence, bytes, startedAt, endedAt } = run()!;
    memory.close();
    const after = await phase(url, pauseMs, forMs(quietMs));
    const syncSeconds = (Date.parse(endedAt!) - Date.parse(startedAt)) / 1000;
    return { before, during, after, syncSeconds, bytes, outcome, sentence, rssBeforeBytes, rssPeakBytes };
  } finally {
    for (const child of children.toReversed()) {
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin!.end();
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await ended;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

function forMs(ms: number): () => boolean {
  const endMs = performance.now() + ms;
  return () => performance.now() > endMs;
}

async function phase(url: string, pauseMs: number, stopped: () => boolean): Promise<Phase> {
  const latenciesMs: number[] = [];
  let failed = 0;
  const loop = async (): Promise<void> => {
    while (!stopped()) {
      const startedMs = performance.now();
      const answer = await post(url, row).catch(() => undefined);
      if (answer?.status === 200) latenciesMs.push(performance.now() - startedMs);
      else failed++;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number): number => latenciesMs[Math.floor((latenciesMs.length - 1) * share)] ?? 0;
  return { requests: latenciesMs.length, failed, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Resident memory of a process; Linux. */
async function rssOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}
