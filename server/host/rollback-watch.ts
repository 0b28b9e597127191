/** Looks after a version for a while after it was switched to, and calls once when it has to go back; see rollback-decision.ts. */
import { decideRollback } from './rollback-decision.ts';
import type { Outcomes } from './rollback-decision.ts';
import type { ServedModel } from './served-model.ts';

/** A crash loop takes seconds to be one; a second more until the version is taken back is little. */
const lookIntervalMs = 250;

interface Watched {
  readonly model: ServedModel;
  readonly beganMs: number;
  readonly before: Outcomes;
  readonly atSwitch: Outcomes;
}

export class RollbackWatch {
  readonly #onTrouble: (version: string, reason: string) => void;
  #watched: Watched | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isCalled = false;

  constructor(onTrouble: (version: string, reason: string) => void) {
    this.#onTrouble = onTrouble;
  }

  get isWatching(): boolean {
    return this.#watched !== undefined;
  }

  begin(model: ServedModel, before: ServedModel): void {
    this.end();
    this.#watched = {
      model,
      beganMs: performance.now(),
      before: outcomesOf(before),
      atSwitch: outcomesOf(model),
    };
    this.#timer = setInterval(() => this.look(performance.now()), lookIntervalMs).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#watched = undefined;
    this.#isCalled = false;
  }

  /** Decides now; also called where something happens that may decide it. */
  look(nowMs: number): void {
    if (this.#watched === undefined || this.#isCalled) return;
    const { model, beganMs, before, atSwitch } = this.#watched;
    const now = outcomesOf(model);
    const verdict = decideRollback({
      sinceMs: nowMs - beganMs,
      givenUp: model.givenUp?.message,
      before,
      after: { answered: now.answered - atSwitch.answered, failed: now.failed - atSwitch.failed },
    });
    if (verdict.action === 'watch') return;
    if (verdict.action === 'keep') {
      this.end();
      return;
    }
    this.#isCalled = true;
    clearInterval(this.#timer);
    this.#onTrouble(model.version, verdict.reason);
  }
}

/** Only what the model itself did: full queues, deadlines, clients that leave and wrong requests say nothing about it. */
function outcomesOf({ statistics }: ServedModel): Outcomes {
  return { answered: statistics.success.count, failed: statistics.failures.BACKEND };
}
