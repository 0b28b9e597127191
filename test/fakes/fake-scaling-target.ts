/** A model version as the scaling loop sees it, in memory: replicas become ready when the test says so. */
import { OccupancyMeter } from '../../server/host/occupancy.ts';
import type { ScaledReplica, ScalingTarget } from '../../server/host/scaling-target.ts';
import { ModelStatistics } from '../../server/metrics/model-statistics.ts';

export class FakeScalingTarget implements ScalingTarget {
  readonly model: string;
  readonly version: string;
  readonly statistics = new ModelStatistics();
  readonly occupancy = new OccupancyMeter(0);
  threads = 1;
  isScalable = true;
  isSwapping = false;
  desired: number;
  /** Of the desired ones those that are ready. */
  ready: number;
  spares = 0;
  perRun = 1;
  dispatchSlots = 1;
  queued = 0;
  /** In the replicas. */
  inFlight = 0;
  rssBytes = 100_000_000;
  /** Every call of `scale`, with what changed. */
  readonly scalings: string[] = [];
  readonly #listeners = new Set<(nowMs: number) => void>();

  constructor(model: string, replicas = 1, version = '1') {
    this.model = model;
    this.version = version;
    this.desired = replicas;
    this.ready = replicas;
  }

  get id(): string {
    return `${this.model}/${this.version}`;
  }

  get outstanding(): number {
    return this.queued + this.inFlight;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  get replicas(): readonly ScaledReplica[] {
    return Array.from({ length: this.desired + this.spares }, (_, index) => ({
      pid: 1_000_000_000 + index,
      isReady: index < this.ready,
      rssBytes: this.rssBytes,
      inFlight: index === 0 ? this.inFlight : 0,
      cpu: undefined,
    }));
  }

  /** Sets the load from a moment on. */
  hold(nowMs: number, inFlight: number, queued = 0): void {
    this.inFlight = inFlight;
    this.queued = queued;
    this.occupancy.sample(nowMs, { outstanding: inFlight + queued, queued });
  }

  scale(replicas: number, spares: number): void {
    if (replicas !== this.desired || spares !== this.spares) this.scalings.push(`${replicas}+${spares}`);
    this.desired = replicas;
    this.spares = spares;
    this.ready = Math.min(this.ready, replicas);
  }

  onLook(listener: (nowMs: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  look(nowMs: number): void {
    this.occupancy.sample(nowMs, { outstanding: this.outstanding, queued: this.queued });
    for (const listener of this.#listeners) listener(nowMs);
  }
}
