/** One thing at a time for each name, in the order in which it was asked for. */
import { MillraceError } from '../base/errors.ts';

export class Turns {
  /** The last of each name. */
  readonly #running = new Map<string, Promise<unknown>>();
  #isStopped = false;

  /** Runs once everything asked of this name before has ended, however it ended. Throws `shutting-down` after `stop`. */
  async take<T>(name: string, command: () => Promise<T>): Promise<T> {
    const before = this.#running.get(name) ?? Promise.resolve();
    const turn = before
      .catch(() => {})
      .then(() => {
        if (this.#isStopped) throw new MillraceError('shutting-down', 'The server is shutting down.');
        return command();
      });
    this.#running.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#running.get(name) === turn) this.#running.delete(name);
    }
  }

  /** Resolves when what runs has ended; nothing is begun any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled(this.#running.values());
  }
}
