/**
 * One model version as it is served: its replicas, its dispatcher, its remote upstreams and its statistics, tied together.
 *
 * This is where siblings meet that do not know each other: replicas (cluster) report to the dispatcher (balancer), outcomes
 * go to the statistics (metrics), and the gateway sees a GatewayModel.
 */
import type { MillraceError } from '../base/errors.ts';
import { Call } from '../balancer/call.ts';
import type { Answer, CallClient, CallRequest, Outcome } from '../balancer/call.ts';
import { Dispatcher } from '../balancer/dispatcher.ts';
import { RemoteUpstream } from '../balancer/remote-upstream.ts';
import { createSelectionPolicy } from '../balancer/selection-policies.ts';
import { Replica } from '../cluster/replica.ts';
import { ReplicaSet } from '../cluster/replica-set.ts';
import type { GatewayModel, ModelState } from '../gateway/model-catalog.ts';
import type { ModelReading } from '../metrics/inference-metrics.ts';
import { ModelStatistics } from '../metrics/model-statistics.ts';
import type { ModelEntry, ModelVersion } from '../models/repository.ts';
import type { ModelFacts } from '../protocol/tensors.ts';
import type { Run } from './cached-model.ts';
import { CopyControl } from './copy-control.ts';
import { LoadWatch } from './load-watch.ts';
import { Loading } from './loading.ts';
import type { Residence } from './loading.ts';
import { ModelCache } from './model-cache.ts';
import { replicaEvents } from './replica-events.ts';
import { factsOf, maxQueueOf, replicaSetOptions } from './served-model-options.ts';
import type { KnownVersion, ServedModelOptions } from './served-model-options.ts';
import { countOutcome } from './outcome-count.ts';
import {
  batchedElsewhere,
  batchingUnknown,
  forwardedInCircles,
  noServer,
  predictIsLocal,
  panicEvent,
  readyEvent,
  shuttingDown,
  stateReasons,
} from './served-model-words.ts';

/** How often deadlines and runs are looked at, milliseconds. A deadline is kept to within this. */
const sweepIntervalMs = 25;

export class ServedModel implements GatewayModel {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly exampleRow: readonly number[] | undefined;
  /** Its files are in the store, where Millrace may write. */
  readonly isStored: boolean;
  statistics = new ModelStatistics();
  /** What the autoscaler wants to know between its ticks. */
  readonly loadWatch = new LoadWatch(() => {
    const { queued } = this.#dispatcher;
    return { queued, outstanding: this.#replicas.replicas.reduce((sum, { inFlight }) => sum + inFlight, queued) };
  });
  readonly timeoutMs: number;
  readonly session: GatewayModel['session'];
  readonly threads: number;
  readonly strategy: string;
  readonly cache: ModelCache;
  readonly copies: CopyControl;
  /** Takes a request: from the cache where it may be, else from a replica or another server. */
  readonly submit: Run;
  readonly #options: ServedModelOptions;
  readonly #dispatcher: Dispatcher;
  readonly #replicas: ReplicaSet<Call>;
  readonly #remotes: readonly RemoteUpstream[];
  #facts: ModelFacts | undefined;
  /** By its record, before it is loaded. */
  #knownFacts: ModelFacts | undefined;
  #batching: GatewayModel['batching'];
  #sweeper: NodeJS.Timeout | undefined;
  /** The autoscaler's number while it is loaded. */
  #scaledTo: number | undefined;
  #stopping = false;
  readonly #loading: Loading<Replica<Call>>;
  #lastUsedMs = performance.now();
  #withheld: MillraceError | undefined;
  /** Set while the model runs on other servers only and none of them can be used. */
  #noServer: MillraceError | undefined;

  constructor(options: ServedModelOptions) {
    const { entry, version, placement, config } = options;
    const { manifest } = entry;
    this.#options = options;
    this.name = entry.name;
    this.version = version?.version ?? '1';
    this.description = manifest.description;
    this.exampleRow = options.exampleRow;
    this.isStored = options.isStored === true;
    this.timeoutMs = manifest.timeoutMs ?? config.defaults.timeoutMs;
    this.threads = placement.threads;
    const strategy = manifest.strategy ?? config.defaults.strategy;
    this.strategy = strategy;
    this.session = strategy === 'session' ? (manifest.session ?? {}) : undefined;
    this.#batching = {
      maxBatchSize: 0,
      maxDelayMs: manifest.maxBatchDelayMs,
      reason: version === undefined ? batchedElsewhere : batchingUnknown,
    };
    this.#dispatcher = new Dispatcher({
      policy: createSelectionPolicy(strategy),
      maxQueue: maxQueueOf(options),
      maxQueueBytes: config.limits.maxQueueBytes,
      maxTries: manifest.tries,
      nowMs: () => performance.now(),
      onPanic: (isPanicking) => options.onEvent(panicEvent(this.name, isPanicking)),
    });
    this.#replicas = this.#makeReplicaSet();
    this.cache = new ModelCache(options, this, (...call) => this.#run(...call));
    this.submit = this.cache.submit;
    this.#loading = new Loading(this.#replicas, () => options.onChange?.());
    this.copies = new CopyControl(this.#replicas, this.#loading);
    const [model, { nextUpstream, upstreams }, { log }] = [entry.name, manifest, options];
    const remote = { model, nextUpstream, log, onChange: (): void => this.#onRemoteChange() };
    this.#remotes = upstreams.map((settings) => new RemoteUpstream({ ...remote, settings }, this.#dispatcher));
  }

  get desiredReplicas(): number {
    return this.#options.version === undefined ? 0 : (this.#scaledTo ?? this.#options.placement.replicas);
  }

  /** The file that its replicas load; undefined for a model that only remote servers answer. */
  get source(): ModelVersion | undefined {
    return this.#options.version;
  }

  get takesPredict(): boolean {
    return this.isLocal;
  }

  get state(): ModelState {
    if (this.#stopping || this.#withheld !== undefined) return 'UNAVAILABLE';
    if (this.#dispatcher.upstreams.some((upstream) => upstream.available)) return 'READY';
    if (this.#replicas.givenUp !== undefined || this.#noServer !== undefined) return 'UNAVAILABLE';
    if (this.isLocal && this.residence !== 'loaded') return this.residence === 'unloading' ? 'UNLOADING' : 'IDLE';
    return this.#facts === undefined ? 'LOADING' : 'UNAVAILABLE';
  }

  get stateReason(): string {
    const { state } = this;
    if (state === 'READY') return '';
    if (this.#withheld !== undefined) return 'unloaded';
    return this.#replicas.givenUp?.message ?? this.#noServer?.message ?? stateReasons[state];
  }

  /** It runs here, perhaps beside other servers. */
  get isLocal(): boolean {
    return this.#options.version !== undefined;
  }

  get isUnloaded(): boolean {
    return this.#withheld !== undefined;
  }

  get residence(): Residence {
    return this.#loading.residence;
  }

  get manifest(): ModelEntry['manifest'] {
    return this.#options.entry.manifest;
  }

  /** What its record says; undefined for a version in a plain folder. */
  get known(): KnownVersion | undefined {
    return this.#options.known;
  }

  /** Monotonic milliseconds of the last request, or of its making. */
  get lastUsedMs(): number {
    return this.#lastUsedMs;
  }

  /** Requests that were taken and are not answered. */
  get outstanding(): number {
    return this.#dispatcher.outstanding;
  }

  get queued(): number {
    return this.#dispatcher.queued;
  }

  /** Replicas that are being kept running; 0 while it is not loaded. */
  get wantedReplicas(): number {
    return this.#replicas.desired;
  }

  /** All replicas that it should have are ready. */
  get isFullyReady(): boolean {
    return this.#loading.isFullyReady;
  }

  /** Why no replica will come back by itself. */
  get givenUp(): MillraceError | undefined {
    return this.#replicas.givenUp;
  }

  get facts(): ModelFacts | undefined {
    const { known } = this.#options;
    if (this.#facts !== undefined || known === undefined) return this.#facts;
    return (this.#knownFacts ??= factsOf(this.#options, known.signature, known.maxBatchSize));
  }

  get batching(): GatewayModel['batching'] {
    return this.#batching;
  }

  /** Those on their way out included. */
  get memoryBytes(): number {
    return this.#loading.memoryBytes;
  }

  get replicas(): readonly Replica<Call>[] {
    return this.#replicas.replicas;
  }

  /** Those included that are on their way out. */
  get everyReplica(): readonly Replica<Call>[] {
    return [...this.#replicas.replicas, ...this.#replicas.leaving];
  }

  get lastStderr(): readonly string[] {
    return this.#replicas.lastStderr;
  }

  start(): void {
    for (const remote of this.#remotes) {
      this.#dispatcher.addUpstream(remote);
      remote.start();
    }
  }

  /** Processes that are loaded and take no requests. */
  get spares(): readonly Replica<Call>[] {
    return this.#replicas.spares;
  }

  /** Changes the number of replicas while it is loaded; `spares` more are loaded and take no requests. 0 unloads it. */
  scale(count: number, spares: number): void {
    if (this.#stopping || this.residence !== 'loaded') return;
    this.#scaledTo = count === 0 ? undefined : count;
    if (count === 0) this.unload();
    else this.#replicas.setDesired(count, spares);
  }

  /** Starts `count` replicas, by default as many as it should have. One that was given up is tried again. */
  load(count = this.desiredReplicas): void {
    if (this.isLocal && !this.#stopping) this.#loading.load(count);
  }

  /** Ends its replicas once they have answered what they have; requests that wait go on waiting, to their deadline. */
  unload(): void {
    this.#loading.unload();
  }

  /** Resolves when all replicas that it should have are ready. Throws why they will not be, or the signal's reason. */
  async whenReady(signal?: AbortSignal): Promise<void> {
    await this.#loading.until(() => this.#loading.isFullyReady || this.givenUp !== undefined || this.#stopping, signal);
    if (this.givenUp !== undefined) throw this.givenUp;
    if (this.#stopping) throw shuttingDown();
  }

  /** Resolves when every request that it took has been answered; each has a deadline, so that moment comes. */
  async whenQuiet(): Promise<void> {
    await Promise.all([this.cache.whenQuiet(), this.#loading.until(() => this.#dispatcher.outstanding === 0)]);
  }

  /** Resolves when no process of it is left. */
  async whenUnloaded(): Promise<void> {
    await this.#loading.until(() => this.residence === 'unloaded');
  }

  refusal(client?: CallClient): MillraceError | undefined {
    return this.#dispatcher.refusal(client);
  }

  /** Refuses every request, those included that wait, until it is called without a reason. */
  withhold(reason: MillraceError | undefined): void {
    this.#withheld = reason;
    this.#dispatcher.setOutage(reason ?? this.givenUp ?? this.#noServer);
    this.#loading.changed();
  }

  /** Begins to count anew: what went before were tests of ours. */
  forgetStatistics(): void {
    this.statistics = new ModelStatistics();
  }

  /** Refuses the requests that wait now. */
  refuseWaiting(reason: MillraceError): void {
    this.#dispatcher.setOutage(reason);
    this.#dispatcher.setOutage(this.#withheld ?? this.givenUp ?? this.#noServer);
  }

  #run(request: CallRequest, onAnswer: (answer: Answer) => void, onError: (error: MillraceError) => void): () => void {
    const call = new Call(request, (settled, outcome) => {
      // The one place where an outcome is counted.
      this.#record(settled, outcome);
      if ('answer' in outcome) onAnswer(outcome.answer);
      else onError(outcome.error);
    });
    if (this.#options.version === undefined && (request.kind === 'predict' || request.forwarded)) {
      call.settle({ error: request.forwarded ? forwardedInCircles(this.name) : predictIsLocal(this.name) });
      return () => {};
    }
    const isFirst = this.#sweeper === undefined;
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepIntervalMs);
    this.#lastUsedMs = request.receivedMs;
    this.#dispatcher.submit(call);
    if (isFirst) this.loadWatch.look(performance.now());
    if (this.residence !== 'loaded' && this.#dispatcher.outstanding > 0) this.#options.onWanted?.();
    return () => this.#dispatcher.withdraw(call);
  }

  /** Refuses what still waits, then ends the replicas. The listener has been drained before. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#dispatcher.setOutage(shuttingDown());
    this.#loading.changed();
    for (const remote of this.#remotes) remote.stop();
    await this.#replicas.stop();
    clearInterval(this.#sweeper);
  }

  reading(): ModelReading {
    return {
      name: this.name,
      version: this.version,
      statistics: this.statistics,
      queued: this.#dispatcher.queued,
      inFlight: this.#dispatcher.upstreams.reduce((sum, upstream) => sum + upstream.inFlight, 0),
      desiredReplicas: this.#replicas.desired,
      readyReplicas: this.#replicas.ready,
      restarts: this.#replicas.restarts,
      ready: this.state === 'READY',
      replicaRssBytes: this.memoryBytes,
    };
  }

  #sweep(): void {
    const nowMs = performance.now();
    this.#dispatcher.sweep(nowMs);
    this.#replicas.check(nowMs);
    this.loadWatch.look(nowMs);
    if (this.#dispatcher.outstanding > 0 || this.#replicas.replicas.some((replica) => replica.inFlight > 0)) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #makeReplicaSet(): ReplicaSet<Call> {
    return new ReplicaSet<Call>(
      replicaSetOptions(this.#options),
      replicaEvents(this.#dispatcher, {
        onReady: (replica) => {
          this.#learn(replica);
          this.cache.onLoaded(replica.report!.repeats);
          this.#loading.changed();
        },
        onGone: () => this.#loading.onGone(),
        onGivenUp: (reason) => {
          if (this.#remotes.length === 0) this.#dispatcher.setOutage(reason);
          this.#loading.changed();
        },
      }),
    );
  }

  #learn(replica: Replica<Call>): void {
    const report = replica.report!;
    if (this.#facts === undefined) {
      this.#options.log.info(`${this.name}/${this.version}: ${report.batching}`);
      this.#options.onEvent(readyEvent(this.name, this.version, report));
    }
    this.#facts = factsOf(this.#options, report.signature, report.maxBatchSize);
    this.#batching = { ...this.#batching, maxBatchSize: report.maxBatchSize, reason: report.batching };
  }

  /** Only a model without local replicas depends on what its servers say of it and whether one of them is there. */
  #onRemoteChange(): void {
    if (this.#options.version !== undefined || this.#stopping) return;
    const signature = this.#remotes.find((remote) => remote.signature !== undefined)?.signature;
    if (signature !== undefined) {
      this.#facts ??= { ...factsOf(this.#options, signature, 0), featureNames: undefined, recipe: undefined };
    }
    const gone = this.#remotes.every((remote) => !remote.alive && remote.condition === 'down');
    this.#noServer = gone ? noServer(this.name) : undefined;
    this.#dispatcher.setOutage(this.#noServer);
  }

  #record(call: Call, outcome: Outcome): void {
    if (this.#dispatcher.outstanding === 0) {
      if (this.#loading.hasWaiters) this.#loading.changed();
      this.#options.onQuiet?.();
    }
    countOutcome(this.statistics, call, outcome);
  }
}
