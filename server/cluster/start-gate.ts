/** Lets a few replicas start at a time: loading is heavy on disk and processor, and all at once is slower than in turn. */

export class StartGate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Calls `start` when it is its turn; `start` gets a function to call once the start has ended, however it ended. */
  enter(start: (leave: () => void) => void): void {
    if (this.#free === 0) {
      this.#waiting.push(() => this.enter(start));
      return;
    }
    this.#free--;
    let left = false;
    start(() => {
      if (left) return;
      left = true;
      this.#free++;
      this.#waiting.shift()?.();
    });
  }
}
