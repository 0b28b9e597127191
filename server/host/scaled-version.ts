/** A served model version as the scaling loop sees it. */
import type { ScaledReplica, ScalingTarget } from './scaling-target.ts';
import type { ServedModel } from './served-model.ts';

const targets = new WeakMap<ServedModel, ScalingTarget>();

/** The same object for the same version each time. `isSwapping` says whether a version of the model takes another's place. */
export function scaledVersion(model: ServedModel, isSwapping: () => boolean): ScalingTarget {
  let target = targets.get(model);
  if (target === undefined) {
    target = new ScaledVersion(model, isSwapping);
    targets.set(model, target);
  }
  return target;
}

class ScaledVersion implements ScalingTarget {
  readonly #model: ServedModel;
  readonly #isSwapping: () => boolean;

  constructor(model: ServedModel, isSwapping: () => boolean) {
    this.#model = model;
    this.#isSwapping = isSwapping;
  }

  get id(): string {
    return `${this.#model.name}/${this.#model.version}`;
  }

  get model(): string {
    return this.#model.name;
  }

  get version(): string {
    return this.#model.version;
  }

  get statistics(): ScalingTarget['statistics'] {
    return this.#model.statistics;
  }

  get occupancy(): ScalingTarget['occupancy'] {
    return this.#model.loadWatch.occupancy;
  }

  get threads(): number {
    return this.#model.threads;
  }

  get isScalable(): boolean {
    const { isLocal, residence, givenUp, isUnloaded } = this.#model;
    return isLocal && residence === 'loaded' && givenUp === undefined && !isUnloaded;
  }

  get isSwapping(): boolean {
    return this.#isSwapping();
  }

  get desired(): number {
    return this.#model.wantedReplicas;
  }

  get spares(): number {
    return this.#model.spares.length;
  }

  get replicas(): readonly ScaledReplica[] {
    const spares = new Set(this.#model.spares);
    return this.#model.replicas.map((replica) => ({
      pid: replica.pid,
      isReady: replica.state === 'ready' && !replica.isDrained && !spares.has(replica),
      rssBytes: replica.rssBytes,
      inFlight: replica.inFlight,
      cpu: replica.cpu,
    }));
  }

  get perRun(): number {
    return this.#model.replicas.find(({ report }) => report !== undefined)?.runLimit ?? 1;
  }

  get dispatchSlots(): number {
    return Math.max(1, ...this.#model.replicas.map(({ slots }) => slots));
  }

  get queued(): number {
    return this.#model.queued;
  }

  scale(replicas: number, spares: number): void {
    this.#model.scale(replicas, spares);
  }

  onLook(listener: (nowMs: number) => void): () => void {
    return this.#model.loadWatch.onLook(listener);
  }
}
