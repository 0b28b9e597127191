/**
 * When requests are due in an open loop: one after each unit of the rate's integral, evenly or as a Poisson process. Pure: the
 * same stages and seed give the same times.
 */
import type { Stage } from '../protocol/admin/load-plan.ts';
import type { Random } from './random.ts';

export type Arrival = 'constant' | 'poisson';

export class Arrivals {
  readonly #stages: readonly Stage[];
  readonly #random: Random | undefined;
  #stage = 0;
  #stageBeginMs = 0;
  /** Arrivals of the present stage that lie before the next one; a fraction. */
  #within = 0;

  /** Poisson needs `random`. */
  constructor(stages: readonly Stage[], arrival: Arrival, random: Random) {
    this.#stages = stages;
    this.#random = arrival === 'poisson' ? random : undefined;
    // The first of evenly spaced requests is due at once.
    if (arrival === 'poisson') this.#within = this.#gap();
  }

  /** Milliseconds from the start, never falling; undefined after the last. */
  next(): number | undefined {
    for (let stage = this.#stages[this.#stage]; stage !== undefined; stage = this.#stages[this.#stage]) {
      const arrivals = ((stage.from + stage.to) / 2) * (stage.durationMs / 1000);
      if (this.#within < arrivals) {
        const dueMs = this.#stageBeginMs + timeOf(stage, this.#within);
        this.#within += this.#gap();
        return dueMs;
      }
      this.#within -= arrivals;
      this.#stageBeginMs += stage.durationMs;
      this.#stage += 1;
    }
    return undefined;
  }

  #gap(): number {
    return this.#random === undefined ? 1 : -Math.log(1 - this.#random());
  }
}

/** Milliseconds into a stage after which `count` have arrived: solves from·t + (to − from)·t²/2D = count without cancellation. */
function timeOf({ from, to, durationMs }: Stage, count: number): number {
  const seconds = durationMs / 1000;
  const root = Math.sqrt(Math.max(0, from * from + (2 * count * (to - from)) / seconds));
  const divisor = from + root;
  return divisor === 0 ? 0 : Math.min(durationMs, (2000 * count) / divisor);
}
