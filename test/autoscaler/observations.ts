/** Observations as a test needs them: a quiet model, with what the test is about on top. */
import { startController } from '../../server/autoscaler/controller-state.ts';
import type { ControllerStart, ControllerState } from '../../server/autoscaler/controller-state.ts';
import { step } from '../../server/autoscaler/controller.ts';
import type { ScalingDecision } from '../../server/autoscaler/decision.ts';
import { signalNames } from '../../server/autoscaler/observation.ts';
import type { Observation, SignalName, Signals } from '../../server/autoscaler/observation.ts';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import type { Policy, PolicyInput } from '../../server/autoscaler/policy.ts';

export type Seen = Partial<Observation> & Partial<Readonly<Record<SignalName, number>>>;

/** Signals given by name are measured now. */
export function observation(seen: Seen): Observation {
  const nowMs = seen.nowMs ?? 0;
  const measured = signalNames.flatMap((name) =>
    seen[name] === undefined ? [] : [[name, { value: seen[name], atMs: nowMs }]],
  );
  const signals = { ...seen.signals, ...(Object.fromEntries(measured) as Signals) };
  return {
    ready: 1,
    starting: 0,
    slotsPerReplica: 1,
    queuedNow: 0,
    outstandingNow: 0,
    control: { mode: 'auto' },
    settingsKey: 'model',
    ...seen,
    nowMs,
    signals,
  };
}

/** A controller with its state, tick by tick; what it decides is applied at once unless the test says what runs. */
export class Driven {
  readonly policy: Policy;
  state: ControllerState;
  nowMs: number;
  replicas: number;

  constructor(policy: PolicyInput, replicas: number, start: Partial<ControllerStart> = {}) {
    this.policy = parsePolicy(policy, 'test');
    this.nowMs = start.nowMs ?? 0;
    this.replicas = replicas;
    this.state = startController(this.policy, { nowMs: this.nowMs, settingsKey: 'model', ...start });
  }

  /** Observes and decides now, then moves on by a tick. */
  tick(seen: Seen = {}, stepMs = this.policy.tickMs): ScalingDecision {
    const observed = observation({ nowMs: this.nowMs, ready: this.replicas, ...seen });
    const { state, decision } = step(this.policy, this.state, observed);
    // State goes through JSON, as it would on its way through a file.
    this.state = JSON.parse(JSON.stringify(state)) as ControllerState;
    this.replicas = decision.desired;
    this.nowMs += stepMs;
    return decision;
  }

  /** Ticks for so long; the changes as [seconds, replicas]. `see` gets the time in seconds. */
  changes(seconds: number, see: (second: number) => Seen): number[][] {
    const changes: number[][] = [];
    for (const endMs = this.nowMs + seconds * 1000; this.nowMs <= endMs;) {
      const second = this.nowMs / 1000;
      const { current, desired } = this.tick(see(second));
      if (desired !== current) changes.push([second, desired]);
    }
    return changes;
  }
}
