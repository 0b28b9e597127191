/** Who may decode now: bounded by number and by pixels together, first come first served. */

export class PixelPermits {
  readonly #most: number;
  readonly #mostPixels: number;
  #count = 0;
  #pixels = 0;
  readonly #waiting: { readonly pixels: number; start(): void }[] = [];

  constructor(most: number, mostPixels: number) {
    this.#most = most;
    this.#mostPixels = mostPixels;
  }

  /** Runs `work` when there is room, and gives the room back however it ends. What is larger than all room runs alone. */
  async use(pixels: number, work: () => Promise<void>): Promise<void> {
    if (this.#waiting.length > 0 || !this.#hasRoom(pixels)) {
      await new Promise<void>((resolve) => this.#waiting.push({ pixels, start: resolve }));
    } else {
      this.#take(pixels);
    }
    try {
      await work();
    } finally {
      this.#count -= 1;
      this.#pixels -= pixels;
      this.#startNext();
    }
  }

  #startNext(): void {
    while (this.#waiting.length > 0 && this.#hasRoom(this.#waiting[0]!.pixels)) {
      const next = this.#waiting.shift()!;
      this.#take(next.pixels);
      next.start();
    }
  }

  #take(pixels: number): void {
    this.#count += 1;
    this.#pixels += pixels;
  }

  #hasRoom(pixels: number): boolean {
    return this.#count === 0 || (this.#count < this.#most && this.#pixels + pixels <= this.#mostPixels);
  }
}
