/**
 * The composition root: builds a host from its settings, starts it, stops it. Nothing here decides anything about a request.
 *
 *   start: scan the models → one ServedModel each → listener → admin → run file
 *   stop:  no new connection → accepted requests answered → replicas ended → warden ended
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { createLog } from './base/log.ts';
import type { Log } from './base/log.ts';
import { AdminListener } from './admin/admin-listener.ts';
import { DeviceBook } from './cluster/device-book.ts';
import { planPlacement } from './cluster/placement.ts';
import { EmptyDirectory, replicaEntry, spawnReplica } from './cluster/spawn.ts';
import type { ReplicaProcess } from './cluster/spawn.ts';
import { StartGate } from './cluster/start-gate.ts';
import { Warden } from './cluster/warden.ts';
import type { Config } from './config.ts';
import { InferenceListener } from './gateway/inference-listener.ts';
import { Catalog } from './host/catalog.ts';
import { devicesOf } from './host/model-devices.ts';
import { hostStatus } from './host/host-status.ts';
import { listenNear } from './host/listen.ts';
import { RunFile } from './host/run-file.ts';
import { ServedModel } from './host/served-model.ts';
import { renderMetrics } from './metrics/inference-metrics.ts';
import { askGraphics } from './metrics/system-information.ts';
import { scanRepository } from './models/repository.ts';
import type { ModelEntry, RepositoryProblem } from './models/repository.ts';
import { version } from './version.ts';

export interface Host {
  readonly inferenceUrl: string;
  readonly adminUrl: string;
  readonly catalog: Catalog;
  readonly problems: readonly RepositoryProblem[];
  /** Resolves once every model answers or has been given up. */
  settled(): Promise<void>;
  /** Answers what has been accepted, then ends all children. Idempotent. */
  stop(): Promise<void>;
}

/** Parts that tests replace. */
export interface HostParts {
  readonly log?: Log;
  /** Program that a replica process runs. */
  readonly replicaEntry?: string;
}

/** Replicas that may load at the same time. */
const concurrentStarts = 2;

/** How often `settled` looks, milliseconds. */
const settledPollMs = 10;

export async function startHost(config: Config, parts: HostParts = {}): Promise<Host> {
  const startedMs = performance.now();
  const log = parts.log ?? createLog(config.log.level, config.log.format);
  const scan = await scanRepository(config.models);
  for (const problem of scan.problems) log.warn(`${problem.path}: ${problem.message} ${problem.hint}`);

  const emptyDirectory = new EmptyDirectory();
  const warden = new Warden(emptyDirectory.path);
  const spawn = (): ReplicaProcess => {
    const replica = spawnReplica(parts.replicaEntry ?? replicaEntry, emptyDirectory.path);
    warden.add(replica.pid);
    replica.child.on('exit', () => warden.remove(replica.pid));
    return replica;
  };
  const { graphicsMemoryPercent } = config.devices;
  const deviceBook = new DeviceBook({ dataDirectory: config.dataDirectory, graphicsMemoryPercent, askGraphics });
  const catalog = new Catalog(await serveModels(scan.models, config, log, spawn, deviceBook));
  const listener = new InferenceListener({
    catalog,
    limits: config.limits,
    allowedHosts: config.allowedHosts,
    serverName: config.compatibility.serverName,
    version,
    log,
    renderMetrics: (bufferedBytes, connections) =>
      renderMetrics(
        {
          version,
          rssBytes: process.memoryUsage.rss(),
          bufferedBytes,
          connections,
          upSeconds: (performance.now() - startedMs) / 1000,
        },
        catalog.list().map((model) => model.reading()),
      ),
  });
  const status = () => hostStatus(catalog, startedMs, warden.pid);
  const admin = new AdminListener({ status, version });
  const runFile = new RunFile(config.dataDirectory);
  let inferencePort: number;
  let adminPort: number;
  try {
    inferencePort = await listenNear(listener.server, config.http.host, config.http.port, log, 'inference');
    adminPort = await listenNear(admin.server, '127.0.0.1', config.admin.port, log, 'admin');
  } catch (error) {
    listener.close();
    emptyDirectory.remove();
    throw error;
  }
  const inferenceUrl = `http://${config.http.host === '::1' ? '[::1]' : config.http.host}:${inferencePort}`;
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  await runFile.write({ pid: process.pid, inferenceUrl, adminUrl, version, modelsFolder: config.models });
  warden.start();
  for (const model of catalog.list()) model.start();

  const stop = async (): Promise<void> => {
    await listener.drain(config.drainTimeoutMs);
    listener.close();
    await Promise.all([deviceBook.close(), ...catalog.list().map((model) => model.stop())]);
    await admin.stop();
    await warden.stop();
    emptyDirectory.remove();
    await runFile.remove();
  };
  let stopped: Promise<void> | undefined;
  return {
    inferenceUrl,
    adminUrl,
    catalog,
    problems: scan.problems,
    async settled() {
      while (catalog.list().some((model) => model.state === 'LOADING')) {
        await new Promise((resolve) => setTimeout(resolve, settledPollMs));
      }
    },
    stop: () => (stopped ??= stop()),
  };
}

async function serveModels(
  entries: readonly ModelEntry[],
  config: Config,
  log: Log,
  spawn: () => ReplicaProcess,
  deviceBook: DeviceBook,
): Promise<ServedModel[]> {
  const gate = new StartGate(concurrentStarts);
  const local = entries.filter((entry) => entry.versions.length > 0);
  const placements = planPlacement(
    local.map(({ name, manifest }) => ({
      name,
      replicas: manifest.replicas ?? config.defaults.replicas,
      threads: manifest.threads ?? config.defaults.threads,
    })),
    availableParallelism(),
  );
  for (const { warning } of placements) if (warning !== undefined) log.warn(warning);
  return Promise.all(
    entries.map(async (entry) => {
      const placement = placements.find(({ name }) => name === entry.name);
      return new ServedModel({
        entry,
        version: entry.versions.at(-1),
        placement: placement ?? {
          name: entry.name,
          replicas: 0,
          threads: 1,
          spinning: false,
          warning: undefined,
        },
        config,
        gate,
        log,
        exampleRow: await readExampleRow(entry),
        devices: devicesOf(entry, config, deviceBook, (level, sentence, facts) => log[level](facts, sentence)),
        spawn,
      });
    }),
  );
}

/** The first row of the model's samples.json, for examples that mean something: the owner's, else the version's own. */
async function readExampleRow(entry: ModelEntry): Promise<readonly number[] | undefined> {
  const modelPath = entry.versions.at(-1)?.modelPath;
  if (modelPath === undefined) return undefined;
  const versionFolder = dirname(modelPath);
  for (const folder of [dirname(versionFolder), versionFolder]) {
    try {
      const text = await readFile(join(folder, 'samples.json'), 'utf8');
      const row = (JSON.parse(text) as { inputs?: unknown[] }).inputs?.[0];
      if (Array.isArray(row) && row.every((value) => typeof value === 'number')) return row;
    } catch {
      // Samples are optional, and a broken file only costs the example its values.
    }
  }
  return undefined;
}
