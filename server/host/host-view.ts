/** What the admin API says of this host: its models, their versions and replicas, and the traffic of the last ten seconds. */
import { hostname, totalmem } from 'node:os';
import type { HostView, ModelView, ProblemView, VersionView } from '../protocol/admin/host-view.ts';
import type { GraphicsReading } from '../metrics/system-information.ts';
import { readTraffic, trafficBetween, TrafficWindow } from '../metrics/traffic-window.ts';
import type { TrafficReading } from '../metrics/traffic-window.ts';
import { version } from '../version.ts';
import type { AnswerStore } from './cached-model.ts';
import { cacheProblems, cacheView, modelCacheView } from './cache-views.ts';
import type { Catalog } from './catalog.ts';
import type { Deployment } from './deployment.ts';
import { graphicsLevels } from './graphics-levels.ts';
import { MachineLoad } from './machine-load.ts';
import { coarse, replicaView } from './replica-view.ts';
import { recipeView } from './recipe-view.ts';
import type { ServedModel } from './served-model.ts';
import { readVersionFacts } from './version-facts.ts';
import type { VersionFacts } from './version-facts.ts';

export interface HostViewParts {
  readonly catalog: Catalog;
  readonly dataDirectory: string;
  readonly modelsFolder: string;
  readonly servesStore: boolean;
  readonly problems: readonly ProblemView[];
  /** Undefined where the host saves no answers. */
  readonly answers: AnswerStore | undefined;
  wardenPid(): number | undefined;
  connections(): number;
  graphics(): readonly GraphicsReading[];
  addresses(): { readonly inferenceUrl: string; readonly adminUrl: string };
  /** Programs of this machine need a key. */
  needsKey(): boolean;
  lanBrief(): HostView['lan'];
}

const sampleIntervalMs = 1000;

export class HostViews {
  readonly #parts: HostViewParts;
  readonly #startedAt = new Date();
  readonly #startedMs = performance.now();
  readonly #load = new MachineLoad();
  readonly #windows = new WeakMap<ServedModel, TrafficWindow>();
  /** Undefined while it is being read. */
  readonly #facts = new WeakMap<ServedModel, VersionFacts | undefined>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: HostViewParts) {
    this.#parts = parts;
  }

  /** Reads the counters of traffic once a second from now on: copies of a few numbers per model. */
  async start(): Promise<void> {
    await Promise.all(this.#parts.catalog.list().map((model) => this.#learn(model)));
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), sampleIntervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The host as it is now. */
  view(): HostView {
    const {
      catalog,
      dataDirectory,
      modelsFolder,
      servesStore,
      problems,
      answers,
      wardenPid,
      connections,
      addresses,
      graphics,
    } = this.#parts;
    const nowMs = performance.now();
    const pid = wardenPid();
    const all = catalog.list().flatMap((model) => this.#pair(model, nowMs));
    return {
      version,
      pid: process.pid,
      startedAt: this.#startedAt.toISOString(),
      upSeconds: Math.round((nowMs - this.#startedMs) / 1000),
      ...addresses(),
      needsKey: this.#parts.needsKey(),
      lan: this.#parts.lanBrief(),
      dataDirectory,
      modelsFolder,
      servesStore,
      machine: { name: hostname(), totalBytes: totalmem(), ...this.#load.read(nowMs), ...graphicsView(graphics()) },
      rssBytes: coarse(process.memoryUsage.rss()),
      connections: connections(),
      ...(pid !== undefined && { wardenPid: pid }),
      traffic: trafficBetween(all),
      ...(answers !== undefined && { cache: cacheView(answers) }),
      problems: [...problems, ...cacheProblems(answers)],
      models: catalog.models().map((deployment) => this.#modelView(deployment, nowMs)),
    };
  }

  #modelView(deployment: Deployment, nowMs: number): ModelView {
    const { served, versions, pinnedVersion } = deployment;
    const { facts, description, exampleRow } = served;
    return {
      name: served.name,
      ...(description !== undefined && { description }),
      state: served.state,
      reason: served.stateReason,
      servedVersion: served.version,
      ...(pinnedVersion !== undefined && { pinnedVersion }),
      versions: versions.toReversed().map((each) => this.#versionView(each, deployment, nowMs)),
      ...(facts !== undefined && {
        signature: { inputs: facts.signature.inputs.map(plainSpec), outputs: facts.signature.outputs.map(plainSpec) },
      }),
      ...(facts?.labels !== undefined && { labels: [...facts.labels] }),
      ...(facts?.featureNames !== undefined && { featureNames: [...facts.featureNames] }),
      ...(facts?.recipe !== undefined && { recipe: recipeView(facts)! }),
      ...(exampleRow !== undefined && { exampleRow: [...exampleRow] }),
      takesPredict: served.takesPredict,
      keepsTestCases: served.takesPredict && served.isStored,
      timeoutMs: served.timeoutMs,
      strategy: served.strategy,
      queued: versions.reduce((sum, each) => sum + each.reading().queued, 0),
      traffic: trafficBetween(versions.flatMap((each) => this.#pair(each, nowMs))),
      cache: modelCacheView(served, versions, this.#parts.answers),
    };
  }

  #versionView(model: ServedModel, deployment: Deployment, nowMs: number): VersionView {
    const reading = model.reading();
    // A model that came later is read beside; the next view has it.
    if (!this.#facts.has(model)) void this.#learn(model);
    const facts = this.#facts.get(model);
    return {
      version: model.version,
      state: model.state,
      reason: model.stateReason,
      ...(facts?.digest !== undefined && { digest: facts.digest }),
      sizeBytes: facts?.sizeBytes ?? 0,
      ...(facts?.importedAt !== undefined && { importedAt: facts.importedAt }),
      trafficPercent: deployment.trafficPercent.get(model.version) ?? 0,
      isShadow: model.version === deployment.shadowVersion,
      replicas: model.everyReplica.flatMap((replica) => replicaView(replica, nowMs) ?? []),
      desiredReplicas: model.desiredReplicas,
      threads: model.threads,
      restarts: reading.restarts,
      queued: reading.queued,
      answered: model.statistics.success.count,
      failed: model.statistics.fail.count,
      rssBytes: coarse(model.memoryBytes),
      batching: model.batching.reason,
      maxBatchSize: model.batching.maxBatchSize,
      lastStderr: model.state === 'UNAVAILABLE' ? [...model.lastStderr] : [],
    };
  }

  async #learn(model: ServedModel): Promise<void> {
    this.#facts.set(model, undefined);
    if (model.source !== undefined) this.#facts.set(model, await readVersionFacts(model.source));
  }

  #sample(): void {
    const nowMs = performance.now();
    for (const model of this.#parts.catalog.list()) {
      let window = this.#windows.get(model);
      if (window === undefined) this.#windows.set(model, (window = new TrafficWindow()));
      window.add(readTraffic(model.statistics, nowMs));
    }
  }

  #pair(model: ServedModel, nowMs: number): (readonly [TrafficReading, TrafficReading])[] {
    const pair = this.#windows.get(model)?.pair(readTraffic(model.statistics, nowMs));
    return pair === undefined ? [] : [pair];
  }
}

function plainSpec<Spec extends { readonly shape: readonly number[] }>(
  spec: Spec,
): Omit<Spec, 'shape'> & { shape: number[] } {
  return { ...spec, shape: [...spec.shape] };
}

function graphicsView(readings: readonly GraphicsReading[]): Pick<HostView['machine'], 'graphics'> {
  const { gpuPercent: percent, gpuMemoryBytes: memoryUsedBytes } = graphicsLevels(readings);
  if (percent === undefined && memoryUsedBytes === undefined) return {};
  return {
    graphics: { ...(percent !== undefined && { percent }), ...(memoryUsedBytes !== undefined && { memoryUsedBytes }) },
  };
}
