/**
 * One model of a replay: its trace, its simulated replicas and the controller that scales them.
 */
import { step } from './controller.ts';
import { startController } from './controller-state.ts';
import type { ControllerState } from './controller-state.ts';
import type { Control, Footprint, Machine, Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { ReplayTick } from './replay-report.ts';
import type { Claim } from './share-capacity.ts';
import { countsAt, scaleTo, startCluster } from './simulated-cluster.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import type { TraceModel } from './trace.ts';
import type { TraceEvent } from './trace-schema.ts';
import { feedOf, metricsIn } from './trace-feed.ts';
import type { TraceFeed } from './trace-feed.ts';

/** Asked tick by tick, with rising times. */
export class SimulatedModel {
  readonly #trace: TraceModel;
  readonly #policy: Policy;
  readonly #feed: TraceFeed;
  /** Rules of the policy whose metrics the trace never has. They are left out: as unknown ones they would forbid every shrink. */
  readonly absent: readonly string[];
  #state: ControllerState;
  #cluster: SimulatedCluster;
  #control: Control = { mode: 'auto' };
  /** What the controller's clock shows beyond the trace's time. */
  #clockOffsetMs = 0;
  #nextEvent = 0;
  #wanted: number;

  constructor(trace: TraceModel, policy: Policy) {
    const present = metricsIn(trace);
    this.#trace = trace;
    this.#policy = {
      ...policy,
      rules: policy.rules.filter(({ metric }) => present.has(metric)),
      // What was recorded does not answer to simulated replicas, so nothing is to be learnt from their number.
      gain: { ...policy.gain, enabled: policy.gain.enabled && trace.samples.kind === 'load' },
    };
    this.#feed = feedOf(trace);
    this.absent = policy.rules.map(({ metric }) => metric).filter((metric) => !present.has(metric));
    this.#state = this.#newController(0, false);
    this.#wanted = trace.initialReplicas ?? this.#settledCount();
    this.#cluster = startCluster(this.#wanted);
  }

  get name(): string {
    return this.#trace.name;
  }

  /** Memory of all its replicas, starting ones included; 0 where the trace does not say. */
  get rssBytes(): number {
    return this.#cluster.length * (this.#trace.replica.peakRssBytes ?? 0);
  }

  /** What it claims of a machine that it shares, by its last decision. */
  get claim(): Claim {
    const { name, priority, replica } = this.#trace;
    const { min } = this.#policy;
    return { name, priority, min, wanted: this.#wanted, threads: replica.threads, bytes: replica.peakRssBytes ?? 0 };
  }

  /** One tick: what happened is observed, decided on and applied. */
  play(nowMs: number, machine: Machine | undefined, share: number | undefined): ReplayTick {
    this.#handleEvents(nowMs);
    const { load, observation } = this.#observe(this.#feed, this.#cluster, nowMs, machine);
    const { state, decision } = step(this.#policy, this.#state, { ...observation, share });
    const { desired, wanted, cause, limitedBy, saturatedBy, explanation } = decision;
    this.#state = state;
    this.#wanted = wanted;
    this.#cluster = scaleTo(this.#cluster, desired, nowMs, this.#trace.startupMs);
    return {
      t: nowMs,
      ...(load !== undefined && { load }),
      ready: observation.ready,
      starting: observation.starting,
      desired,
      wanted,
      cause,
      ...(limitedBy !== undefined && { limitedBy }),
      ...(saturatedBy !== undefined && { saturatedBy }),
      explanation,
    };
  }

  #newController(nowMs: number, isHistoryLost: boolean): ControllerState {
    return startController(this.#policy, { nowMs, settingsKey: this.name, isHistoryLost });
  }

  /** A load starts where its first sample leads in the long run; a recording at the minimum. */
  #settledCount(): number {
    const { min, max } = this.#policy;
    if (this.#trace.samples.kind === 'recorded') return min;
    const { observation } = this.#observe(feedOf(this.#trace), startCluster(Math.max(1, min)), 0, undefined);
    const { decision } = step(this.#policy, this.#state, observation);
    return Math.min(max, Math.max(min, decision.wanted));
  }

  #handleEvents(nowMs: number): void {
    const { events } = this.#trace;
    for (; this.#nextEvent < events.length && events[this.#nextEvent]!.t <= nowMs; this.#nextEvent++) {
      const event = events[this.#nextEvent]!;
      if (event.type === 'clock-jump') this.#clockOffsetMs += event.byMs ?? 0;
      else if (event.type === 'restart') this.#state = this.#newController(nowMs + this.#clockOffsetMs, true);
      else this.#control = controlOf(event);
    }
  }

  #observe(
    feed: TraceFeed,
    cluster: SimulatedCluster,
    nowMs: number,
    machine: Machine | undefined,
  ): { load: number | undefined; observation: Observation } {
    const { ready, starting } = countsAt(cluster, nowMs);
    const clockOffsetMs = this.#clockOffsetMs;
    const { load, busyPercent, ...seen } = feed.at({
      nowMs,
      tickMs: this.#policy.tickMs,
      clockOffsetMs,
      ready,
      starting,
    });
    const observation = {
      ...seen,
      nowMs: nowMs + clockOffsetMs,
      ready,
      starting,
      slotsPerReplica: this.#trace.slotsPerReplica,
      control: this.#control,
      machine: { ...machine, busyPercent },
      footprint: this.#footprint(cluster),
      settingsKey: this.name,
    };
    return { load, observation };
  }

  #footprint(cluster: SimulatedCluster): Footprint {
    const { threads, peakRssBytes } = this.#trace.replica;
    return { threads, peakRssBytes, ownRssBytes: cluster.length * (peakRssBytes ?? 0) };
  }
}

function controlOf({ type, replicas = 0 }: TraceEvent): Control {
  if (type === 'pause') return { mode: 'paused' };
  if (type === 'freeze') return { mode: 'frozen' };
  return type === 'manual' ? { mode: 'manual', replicas } : { mode: 'auto' };
}
