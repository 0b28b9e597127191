/**
 * The autoscaler at work: looks at every model version at its tick, or earlier when its queue grows, asks the controller and
 * does what it decides.
 *
 *   counts, statistics, machine → observation → controller → decision → ScalingTarget.scale, event, sample
 *
 * It owns timers and the controllers' states. What is decided is in autoscaler/, what is observed in scaling-observation.ts,
 * how replicas start and end in cluster/.
 */
import { step } from '../autoscaler/controller.ts';
import { startController } from '../autoscaler/controller-state.ts';
import type { ControllerState } from '../autoscaler/controller-state.ts';
import type { ScalingDecision } from '../autoscaler/decision.ts';
import type { Control, Machine, Observation } from '../autoscaler/observation.ts';
import type { Policy } from '../autoscaler/policy.ts';
import type { MachineReading } from '../metrics/machine.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import { sharesOf } from './machine-shares.ts';
import { CpuMeter, readCpuMs } from './process-cpu.ts';
import { QueueWatch } from './queue-watch.ts';
import { ScalingTeller } from './scaling-events.ts';
import { observationOf } from './scaling-observation.ts';
import type { ScalingOrder } from './scaling-orders.ts';
import { ScalingSamples } from './scaling-samples.ts';
import type { ScalingSettings } from './scaling-settings.ts';
import type { ScalingTarget } from './scaling-target.ts';
import { batchRunsOf, TrafficMeter } from './traffic-meter.ts';

export interface ScalingLoopParts {
  targets(): readonly ScalingTarget[];
  settingsOf(model: string): ScalingSettings;
  orderOf(model: string): ScalingOrder | undefined;
  /** Of the host as a whole: what models share is divided by them. */
  readonly defaults: ScalingSettings;
  machine(nowMs: number): MachineReading;
  onEvent(event: NewHostEvent): void;
  /** Monotonic milliseconds. */
  nowMs(): number;
}

/** What is known of a version since its last tick. */
export interface ScalingState {
  readonly target: ScalingTarget;
  readonly settings: ScalingSettings;
  readonly policy: Policy;
  readonly observation: Observation;
  readonly decision: ScalingDecision;
  readonly samples: ScalingSamples;
  readonly growths: number;
  readonly shrinks: number;
}

interface Scaled {
  readonly target: ScalingTarget;
  meter: TrafficMeter;
  readonly teller: ScalingTeller;
  readonly watch: QueueWatch;
  readonly samples: ScalingSamples;
  readonly leave: () => void;
  controller: ControllerState;
  last: { observation: Observation; decision: ScalingDecision; policy: Policy } | undefined;
  nextMs: number;
  peakRssBytes: number;
  growths: number;
  shrinks: number;
}

/** New versions are found within this, milliseconds. */
const maxRoundMs = 1000;
const minRoundMs = 10;
/** A mean over this shows a queue that has just begun to grow. */
const urgentWindowMs = 100;
const usualWindowMs = 1000;
/** As many as a model may have. */
const mostReplicas = 64;

export class ScalingLoop {
  readonly #parts: ScalingLoopParts;
  readonly #scaled = new Map<string, Scaled>();
  readonly #cpu = new CpuMeter();
  #shares: ReadonlyMap<string, number> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: ScalingLoopParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#round();
  }

  /** Nothing is scaled any more. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const id of this.#scaled.keys()) this.#forget(id);
  }

  /** What is known of each version, by its id. */
  states(): ScalingState[] {
    return [...this.#scaled.values()].flatMap(({ target, last, samples, growths, shrinks }) =>
      last === undefined
        ? []
        : [{ target, settings: this.#parts.settingsOf(target.model), ...last, samples, growths, shrinks }],
    );
  }

  /** CPU time of all replicas there have been, milliseconds. */
  get replicaCpuMs(): number {
    return this.#cpu.totalMs;
  }

  /** Decides now, because an order or a setting has changed. */
  look(model: string): void {
    for (const scaled of this.#scaled.values())
      if (scaled.target.model === model) this.#tick(scaled, this.#parts.nowMs(), usualWindowMs);
  }

  #round(): void {
    const nowMs = this.#parts.nowMs();
    this.#meetTargets(nowMs);
    this.#shares = this.#share(nowMs);
    for (const scaled of this.#scaled.values()) if (nowMs >= scaled.nextMs) this.#tick(scaled, nowMs, usualWindowMs);
    if (this.#isStopped) return;
    const dueMs = Math.min(...[...this.#scaled.values()].map(({ nextMs }) => nextMs), nowMs + maxRoundMs);
    this.#timer = setTimeout(() => this.#round(), Math.max(minRoundMs, dueMs - this.#parts.nowMs()));
  }

  #meetTargets(nowMs: number): void {
    const targets = new Map(this.#parts.targets().map((target) => [target.id, target]));
    for (const [id, scaled] of this.#scaled)
      if (targets.get(id) !== scaled.target || !scaled.target.isScalable) this.#forget(id);
    for (const [id, target] of targets)
      if (!this.#scaled.has(id) && target.isScalable) this.#scaled.set(id, this.#meet(target, nowMs));
    this.#cpu.keep(new Set([...targets.values()].flatMap(({ replicas }) => replicas.map(({ pid }) => pid))));
  }

  #meet(target: ScalingTarget, nowMs: number): Scaled {
    const policy = this.#policyOf(target.model);
    const scaled: Scaled = {
      target,
      meter: new TrafficMeter(target.statistics, nowMs, outstandingOf(target)),
      teller: new ScalingTeller(),
      watch: new QueueWatch(),
      samples: new ScalingSamples(),
      leave: target.onLook((lookMs) => this.#look(scaled, lookMs)),
      controller: startController(policy, { nowMs: Math.round(nowMs), settingsKey: settingsKeyOf(target) }),
      last: undefined,
      nextMs: nowMs + policy.tickMs,
      peakRssBytes: 0,
      growths: 0,
      shrinks: 0,
    };
    return scaled;
  }

  #forget(id: string): void {
    this.#scaled.get(id)?.leave();
    this.#scaled.delete(id);
  }

  /** Decides early where requests come much faster than they are answered. */
  #look(scaled: Scaled, nowMs: number): void {
    const { target, watch, last } = scaled;
    if (last === undefined) return;
    const { observation, decision } = last;
    const isUrgent = watch.isUrgent({
      nowMs,
      outstanding: outstandingOf(target),
      capacity: target.desired * observation.slotsPerReplica,
      canGrow: target.desired < decision.limits.max && controlOf(this.#orderOf(target), target).mode === 'auto',
    });
    if (isUrgent) this.#tick(scaled, nowMs, urgentWindowMs);
  }

  #tick(scaled: Scaled, nowMs: number, windowMs: number): void {
    const { target } = scaled;
    const policy = this.#policyOf(target.model);
    scaled.nextMs = nowMs + policy.tickMs;
    if (!target.isScalable) return;
    const observation = this.#observe(scaled, nowMs, windowMs);
    const { state, decision } = step(policy, scaled.controller, observation);
    scaled.controller = state;
    scaled.last = { observation, decision, policy };
    scaled.watch.decided(nowMs);
    scaled.samples.add(target, observation, decision);
    if (decision.desired > decision.current) scaled.growths++;
    if (decision.desired < decision.current) scaled.shrinks++;
    const event = scaled.teller.tell(this.#labelOf(target), decision, observation);
    this.#apply(target, decision);
    if (event !== undefined) this.#parts.onEvent({ ...event, model: target.model });
  }

  #observe(scaled: Scaled, nowMs: number, windowMs: number): Observation {
    const { target } = scaled;
    const outstanding = outstandingOf(target);
    if (scaled.meter.statistics !== target.statistics)
      scaled.meter = new TrafficMeter(target.statistics, nowMs, outstanding);
    const ready = target.replicas.filter(({ isReady }) => isReady);
    for (const { rssBytes } of target.replicas) scaled.peakRssBytes = Math.max(scaled.peakRssBytes, rssBytes);
    const { statistics } = target;
    return observationOf({
      nowMs: Math.round(nowMs),
      counts: {
        ready: ready.length,
        starting: Math.max(0, target.desired - ready.length),
        queued: target.queued,
        outstanding,
        perRun: target.perRun,
        dispatchSlots: target.dispatchSlots,
      },
      occupancy: target.occupancy.mean(nowMs, windowMs),
      traffic: scaled.meter.read(nowMs, outstanding),
      batches: batchRunsOf(statistics),
      rowsPerRequest: statistics.inferenceCount / Math.max(1, statistics.success.count - statistics.cacheHit.count),
      replicaCpu: ready.map(({ pid, cpu }) => {
        const read = readCpuMs(pid);
        const percent = this.#cpu.percent(pid, read === undefined ? cpu : { cpuMs: read, atMs: nowMs });
        return { isReady: true, cpuPercent: percent === undefined ? undefined : percent / target.threads };
      }),
      machine: this.#machine(nowMs),
      threads: target.threads,
      peakRssBytes: scaled.peakRssBytes || undefined,
      ownRssBytes: rssOf(target),
      control: controlOf(this.#orderOf(target), target),
      share: this.#shares.get(target.id),
      settingsKey: settingsKeyOf(target),
    });
  }

  #apply(target: ScalingTarget, decision: ScalingDecision): void {
    if (decision.cause === 'frozen') return;
    target.scale(Math.min(mostReplicas, decision.desired), this.#sparesFor(target, decision));
  }

  /** One, where it is wanted and could be needed; where the machine bears no further copy it bears no spare either. */
  #sparesFor(target: ScalingTarget, { desired, limits, cause }: ScalingDecision): number {
    const { warmSpare } = this.#parts.settingsOf(target.model);
    return warmSpare && desired > 0 && desired < limits.max && cause !== 'manual' ? 1 : 0;
  }

  #machine(nowMs: number): Machine {
    const replicasRssBytes = this.#parts.targets().reduce((sum, target) => sum + rssOf(target), 0);
    return { ...this.#parts.machine(nowMs), replicasRssBytes };
  }

  /** How several versions divide the machine; one alone has all that the ceilings leave. */
  #share(nowMs: number): ReadonlyMap<string, number> {
    const claims = [...this.#scaled.values()].map(({ target, last, peakRssBytes }) => {
      const { priority, fixed } = this.#parts.settingsOf(target.model);
      const order = this.#orderOf(target);
      const manual = order.mode === 'manual' ? order.replicas : undefined;
      const { min } = this.#policyOf(target.model);
      const isFixed = manual ?? (order.mode === 'settings' ? fixed : undefined);
      return {
        name: target.id,
        wanted: isFixed ?? last?.decision.wanted ?? target.desired,
        min: isFixed ?? min,
        priority,
        threads: target.threads,
        bytes: peakRssBytes,
      };
    });
    return claims.length < 2 ? new Map() : sharesOf(this.#machine(nowMs), claims, this.#parts.defaults.policy.ceilings);
  }

  #policyOf(model: string): Policy {
    const { policy } = this.#parts.settingsOf(model);
    const { min = policy.min, max = policy.max } = this.#parts.orderOf(model) ?? {};
    return min === policy.min && max === policy.max ? policy : { ...policy, min: Math.min(min, max), max };
  }

  #orderOf({ model }: ScalingTarget): ScalingOrder {
    const order = this.#parts.orderOf(model) ?? { mode: 'settings' as const };
    const { fixed } = this.#parts.settingsOf(model);
    return order.mode === 'settings' && fixed !== undefined ? { mode: 'manual', replicas: fixed } : order;
  }

  #labelOf({ model, version }: ScalingTarget): string {
    const isOneOfSeveral = [...this.#scaled.values()].filter(({ target }) => target.model === model).length > 1;
    return isOneOfSeveral ? `${model}/${version}` : model;
  }
}

function controlOf(order: ScalingOrder, { isSwapping }: ScalingTarget): Control {
  if (isSwapping) return { mode: 'frozen' };
  if (order.mode === 'paused') return { mode: 'paused' };
  return order.mode === 'manual' ? { mode: 'manual', replicas: order.replicas! } : { mode: 'auto' };
}

/** Requests of local replicas, and those that wait for one. */
function outstandingOf({ queued, replicas }: ScalingTarget): number {
  return replicas.reduce((sum, { inFlight }) => sum + inFlight, queued);
}

function rssOf({ replicas }: ScalingTarget): number {
  return replicas.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
}

function settingsKeyOf({ id, threads }: ScalingTarget): string {
  return `${id} threads ${threads}`;
}
