/**
 * The last ticks of one model version as a trace has them, so that `millrace scale record` can fetch every tick without being
 * there at each, and replay them under another policy.
 */
import type { ScalingDecision } from '../autoscaler/decision.ts';
import type { Observation } from '../autoscaler/observation.ts';
import type { ScalingSample } from '../protocol/admin/scaling-view.ts';
import type { ScalingTarget } from './scaling-target.ts';

/** Five minutes of ticks of a second: a recorder that comes by every few seconds loses none. */
const maxSamples = 300;

export class ScalingSamples {
  #samples: ScalingSample[] = [];
  #lastId = 0;

  add(target: ScalingTarget, observation: Observation, decision: ScalingDecision): void {
    const { signals, traffic, replicaCpu = [] } = observation;
    const measured = Object.fromEntries(Object.entries(signals).map(([name, { value }]) => [name, rounded(value)]));
    const percents = replicaCpu.filter(({ isReady }) => isReady).map(({ cpuPercent }) => cpuPercent);
    this.#samples.push({
      id: ++this.#lastId,
      atMs: observation.nowMs,
      ready: observation.ready,
      starting: observation.starting,
      desired: decision.desired,
      slotsPerReplica: observation.slotsPerReplica,
      metrics: {
        ...measured,
        cpuPercentByReplica: percents.map((percent) => (percent === undefined ? null : rounded(percent))),
        requests: traffic?.requests ?? 0,
        overloadFailures: traffic?.overloadFailures ?? 0,
      },
      serviceMs: meanServiceMs(target),
      control: observation.control.mode,
    });
    if (this.#samples.length > maxSamples) this.#samples.shift();
  }

  /** Those with a higher number, oldest first. */
  after(id: number): readonly ScalingSample[] {
    return this.#samples.filter((sample) => sample.id > id);
  }
}

/** Time of one request in the model since it was first served: its share of the runs. 0 before the first. */
function meanServiceMs({ statistics }: ScalingTarget): number {
  let totalMs = 0;
  for (const { inputMs, inferMs, outputMs } of statistics.batches.values()) totalMs += inputMs + inferMs + outputMs;
  return rounded(totalMs / Math.max(1, statistics.success.count));
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
