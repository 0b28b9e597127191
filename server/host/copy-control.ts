/**
 * Single copies of one model version by order of a person: taken out of rotation, put back, restarted. The autoscaler decides how
 * many there are; this decides nothing about their number.
 */
import { MillraceError } from '../base/errors.ts';
import type { Call } from '../balancer/call.ts';
import type { Replica } from '../cluster/replica.ts';
import type { ReplicaSet } from '../cluster/replica-set.ts';
import type { Loading } from './loading.ts';

export class CopyControl {
  readonly #set: ReplicaSet<Call>;
  readonly #loading: Loading<Replica<Call>>;

  constructor(set: ReplicaSet<Call>, loading: Loading<Replica<Call>>) {
    this.#set = set;
    this.#loading = loading;
  }

  find(name: string): Replica<Call> | undefined {
    return this.#set.replicas.find((replica) => replica.name === name);
  }

  /** Sends it nothing new, or sends it requests again. Throws `conflict` where nobody else could answer. */
  setDrained(replica: Replica<Call>, isDrained: boolean): void {
    if (isDrained && replica.isDrained) return;
    if (isDrained && replica.state !== 'ready') {
      throw new MillraceError('conflict', `${replica.name} takes no requests now: it is ${replica.state}.`);
    }
    const others = this.#set.replicas.filter((other) => other !== replica && other.available);
    const spares = new Set(this.#set.spares);
    if (isDrained && !others.some((other) => !spares.has(other))) {
      throw new MillraceError(
        'conflict',
        `${replica.name} is the only copy that takes requests; without it they would wait.`,
        {
          hint: 'Restart it instead, which loses none, or order one more copy first.',
        },
      );
    }
    replica.isDrained = isDrained;
  }

  /**
   * Resolves with the new process once it is ready and the old one has gone; undefined where the copy is not wanted any more. Throws
   * why no copy will be ready, or the signal's reason: then what has begun goes on.
   */
  async restart(before: Replica<Call>, isBeside: boolean, signal: AbortSignal): Promise<Replica<Call> | undefined> {
    const { name } = before;
    // Nobody is told when a spare is ready: it takes no requests.
    const isSpare = this.#set.spares.includes(before);
    if (this.#set.restart(name, isBeside) === undefined) {
      throw new MillraceError('conflict', `${name} is on its way out and is not restarted.`);
    }
    const isOver = (): boolean => {
      const next = this.find(name);
      if (this.#set.givenUp !== undefined) return true;
      // Its connection ends a moment before its process does.
      if (next === before || this.#set.leaving.includes(before)) return false;
      return isSpare || (next === undefined ? !this.#set.has(name) : next.state !== 'starting');
    };
    await this.#loading.until(isOver, signal);
    if (this.#set.givenUp !== undefined) throw this.#set.givenUp;
    return this.find(name);
  }
}
