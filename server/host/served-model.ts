/**
 * One model version as it is served: its replicas, its dispatcher, its remote upstreams and its statistics, tied together.
 *
 * This is where siblings meet that do not know each other: replicas (cluster) report to the dispatcher (balancer), outcomes
 * go to the statistics (metrics), and the gateway sees a GatewayModel.
 */
import type { MillraceError } from '../base/errors.ts';
import { MillraceError as Failure } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { Call } from '../balancer/call.ts';
import type { Answer, CallRequest, Outcome } from '../balancer/call.ts';
import { Dispatcher } from '../balancer/dispatcher.ts';
import { RemoteUpstream } from '../balancer/remote-upstream.ts';
import { createSelectionPolicy } from '../balancer/selection-policies.ts';
import type { Placement } from '../cluster/placement.ts';
import { Replica } from '../cluster/replica.ts';
import { cpuOnly } from '../cluster/replica-devices.ts';
import type { ReplicaDevices } from '../cluster/replica-devices.ts';
import { ReplicaSet } from '../cluster/replica-set.ts';
import type { ReplicaProcess } from '../cluster/spawn.ts';
import type { StartGate } from '../cluster/start-gate.ts';
import type { Config } from '../config.ts';
import type { GatewayModel, ModelState } from '../gateway/model-catalog.ts';
import type { ModelReading } from '../metrics/inference-metrics.ts';
import { ModelStatistics } from '../metrics/model-statistics.ts';
import type { FailureReason } from '../metrics/model-statistics.ts';
import type { ModelEntry, ModelVersion } from '../models/repository.ts';
import type { ModelFacts } from '../protocol/tensors.ts';

export interface ServedModelOptions {
  readonly entry: ModelEntry;
  /** Undefined for a model that only remote servers answer. */
  readonly version: ModelVersion | undefined;
  readonly placement: Placement;
  readonly config: Config;
  readonly gate: StartGate;
  readonly log: Log;
  readonly exampleRow: readonly number[] | undefined;
  /** Default: everything on the CPU. */
  readonly devices?: ReplicaDevices;
  spawn(): ReplicaProcess;
}

/** How often deadlines and runs are looked at, milliseconds. A deadline is kept to within this. */
const sweepIntervalMs = 25;

/** Queue places per slot: about ten times what is being computed, more than that only waits to time out. */
const queuePerSlot = 10;
const minQueue = 128;

export class ServedModel implements GatewayModel {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly exampleRow: readonly number[] | undefined;
  readonly statistics = new ModelStatistics();
  readonly timeoutMs: number;
  readonly session: GatewayModel['session'];
  readonly threads: number;
  readonly #options: ServedModelOptions;
  readonly #dispatcher: Dispatcher;
  readonly #replicas: ReplicaSet<Call>;
  readonly #remotes: readonly RemoteUpstream[];
  #facts: ModelFacts | undefined;
  #batching: GatewayModel['batching'];
  #sweeper: NodeJS.Timeout | undefined;
  #stopping = false;
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
    this.timeoutMs = manifest.timeoutMs ?? config.defaults.timeoutMs;
    this.threads = placement.threads;
    const strategy = manifest.strategy ?? config.defaults.strategy;
    this.session = strategy === 'session' ? (manifest.session ?? {}) : undefined;
    this.#batching = {
      maxBatchSize: 0,
      maxDelayMs: manifest.maxBatchDelayMs,
      reason:
        version === undefined
          ? 'The model runs on other servers, which batch for themselves.'
          : 'The model has not been loaded yet.',
    };
    this.#dispatcher = new Dispatcher({
      policy: createSelectionPolicy(strategy),
      maxQueue:
        manifest.maxQueue ?? Math.max(minQueue, queuePerSlot * this.desiredReplicas * (manifest.maxBatchSize ?? 1)),
      maxQueueBytes: config.limits.maxQueueBytes,
      maxTries: manifest.tries,
      nowMs: () => performance.now(),
    });
    this.#replicas = this.#makeReplicaSet();
    const remote = { model: entry.name, nextUpstream: manifest.nextUpstream, log: options.log };
    const onChange = (): void => this.#onRemoteChange();
    this.#remotes = manifest.upstreams.map(
      (settings) => new RemoteUpstream({ ...remote, settings, onChange }, this.#dispatcher),
    );
  }

  get desiredReplicas(): number {
    return this.#options.version === undefined ? 0 : this.#options.placement.replicas;
  }

  get takesPredict(): boolean {
    return this.#options.version !== undefined;
  }

  get state(): ModelState {
    if (this.#stopping) return 'UNAVAILABLE';
    if (this.#dispatcher.upstreams.some((upstream) => upstream.available)) return 'READY';
    if (this.#replicas.givenUp !== undefined || this.#noServer !== undefined) return 'UNAVAILABLE';
    return this.#facts === undefined ? 'LOADING' : 'UNAVAILABLE';
  }

  get stateReason(): string {
    if (this.state === 'READY') return '';
    return (
      this.#replicas.givenUp?.message ??
      this.#noServer?.message ??
      (this.state === 'LOADING' ? 'loading' : 'no replica is ready; one is being started')
    );
  }

  get facts(): ModelFacts | undefined {
    return this.#facts;
  }

  get batching(): GatewayModel['batching'] {
    return this.#batching;
  }

  get memoryBytes(): number {
    return this.#replicas.replicas.reduce((sum, replica) => sum + replica.rssBytes, 0);
  }

  get replicas(): readonly Replica<Call>[] {
    return this.#replicas.replicas;
  }

  get lastStderr(): readonly string[] {
    return this.#replicas.lastStderr;
  }

  start(): void {
    for (const remote of this.#remotes) {
      this.#dispatcher.addUpstream(remote);
      remote.start();
    }
    if (this.#options.version !== undefined) this.#replicas.setDesired(this.#options.placement.replicas);
  }

  refusal(): MillraceError | undefined {
    return this.#dispatcher.refusal();
  }

  submit(
    request: CallRequest,
    onAnswer: (answer: Answer) => void,
    onError: (error: MillraceError) => void,
  ): () => void {
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
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepIntervalMs);
    this.#dispatcher.submit(call);
    return () => this.#dispatcher.withdraw(call);
  }

  /** Refuses what still waits, then ends the replicas. The listener has been drained before. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#dispatcher.setOutage(
      new Failure('shutting-down', 'The server is shutting down.', { retryable: true, retryAfterSeconds: 5 }),
    );
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
      desiredReplicas: this.desiredReplicas,
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
    if (this.#dispatcher.outstanding > 0 || this.#replicas.replicas.some((replica) => replica.inFlight > 0)) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #makeReplicaSet(): ReplicaSet<Call> {
    const { entry, version, placement, gate, log } = this.#options;
    const { manifest } = entry;
    const dispatcher = this.#dispatcher;
    return new ReplicaSet<Call>(
      {
        name: `${this.name}/${this.version}`,
        weight: manifest.weight ?? 1,
        load: {
          name: this.name,
          version: this.version,
          modelPath: version?.modelPath ?? '',
          intraOpThreads: placement.threads,
          spinning: placement.spinning,
          maxBatchSize: manifest.maxBatchSize,
          maxBatchDelayMs: manifest.maxBatchDelayMs,
          labels: entry.labels,
          featureNames: manifest.features,
        },
        gate,
        devices: this.#options.devices ?? cpuOnly,
        spawn: () => this.#options.spawn(),
        log: (level, message, facts) => log[level](facts, message),
      },
      {
        onReady: (replica) => {
          this.#learn(replica);
          dispatcher.addUpstream(replica);
        },
        onResult: (replica, call, head, body) => {
          dispatcher.onAnswer(replica, call, {
            type: 'result',
            upstream: replica.name,
            body,
            jsonLength: head.jsonLength,
            cost: head,
          });
        },
        onFailure: (replica, call, error) => {
          dispatcher.onFailure(replica, call, error.code === 'client-gone' ? 'client-gone' : 'model-error', error);
        },
        onLost: (replica, running, waiting) => {
          dispatcher.removeUpstream(replica);
          dispatcher.onLost(replica, running, waiting);
        },
        onGivenBack: (replica, calls) => dispatcher.onGivenBack(replica, calls),
        onCapacity: () => dispatcher.onCapacity(),
        onGone: () => {},
        onGivenUp: (reason) => {
          if (this.#remotes.length === 0) dispatcher.setOutage(reason);
        },
      },
    );
  }

  #learn(replica: Replica<Call>): void {
    const report = replica.report!;
    if (this.#facts === undefined) this.#options.log.info(`${this.name}/${this.version}: ${report.batching}`);
    this.#facts = {
      name: this.name,
      version: this.version,
      signature: report.signature,
      maxBatchSize: report.maxBatchSize,
      labels: this.#options.entry.labels,
      featureNames: this.#options.entry.manifest.features,
    };
    this.#batching = { ...this.#batching, maxBatchSize: report.maxBatchSize, reason: report.batching };
  }

  /** Only a model without local replicas depends on what its servers say of it and whether one of them is there. */
  #onRemoteChange(): void {
    if (this.#options.version !== undefined || this.#stopping) return;
    const signature = this.#remotes.find((remote) => remote.signature !== undefined)?.signature;
    if (signature !== undefined) {
      const { labels } = this.#options.entry;
      const { name, version } = this;
      this.#facts ??= { name, version, signature, maxBatchSize: 0, labels, featureNames: undefined };
    }
    const gone = this.#remotes.every((remote) => !remote.alive && remote.condition === 'down');
    this.#noServer = gone ? noServer(this.name) : undefined;
    this.#dispatcher.setOutage(this.#noServer);
  }

  #record(call: Call, outcome: Outcome): void {
    const totalMs = performance.now() - call.request.receivedMs;
    if ('error' in outcome) {
      this.statistics.recordFailure(failureReason(outcome.error), totalMs);
      return;
    }
    const { answer } = outcome;
    if (answer.type === 'http' && answer.status >= 400) {
      this.statistics.recordFailure(answer.status < 500 ? 'OTHER' : 'BACKEND', totalMs);
      return;
    }
    const run = answer.type === 'result' ? answer.cost : undefined;
    this.statistics.recordAnswer({ totalMs, queueMs: call.sentMs - call.request.receivedMs, run }, Date.now());
  }
}

function noServer(name: string): MillraceError {
  return new Failure('model-not-ready', `None of the servers that answer for '${name}' can be used now.`, {
    hint: 'Start one of the servers under `upstreams` in its millrace.json; the log names those that are down.',
    retryable: true,
    retryAfterSeconds: 1,
  });
}

function predictIsLocal(name: string): MillraceError {
  return new Failure(
    'unsupported',
    `The model '${name}' runs on other servers, where /predict may mean something else.`,
    {
      hint: `POST an Open Inference Protocol request to /v2/models/${encodeURIComponent(name)}/infer.`,
    },
  );
}

function forwardedInCircles(name: string): MillraceError {
  return new Failure(
    'unsupported',
    `The model '${name}' runs on other servers, and this request comes from one of them.`,
    {
      hint: 'Two servers name each other as upstreams for this model; one of them has to run it.',
    },
  );
}

function failureReason(error: MillraceError): FailureReason {
  switch (error.code) {
    case 'queue-full':
    case 'memory-full':
    case 'shutting-down':
    case 'deadline-exceeded':
      return 'REJECTED';
    case 'client-gone':
      return 'CANCELED';
    case 'inference-failed':
    case 'replica-lost':
    case 'upstream-failed':
    case 'model-failed':
    case 'poison-request':
      return 'BACKEND';
    default:
      return 'OTHER';
  }
}
