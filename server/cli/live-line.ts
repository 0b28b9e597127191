/** One line that says how work goes, on standard error: drawn again on a terminal, elsewhere written every few seconds. */
import type { ProgressOutput } from './progress.ts';

const terminalIntervalMs = 100;
const lineIntervalMs = 5000;

export class LiveLine {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  #shownMs: number;
  #drawn = false;

  constructor(output: ProgressOutput = process.stderr, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
    this.#shownMs = output.isTTY === true ? -Infinity : now();
  }

  /** Called as often as one likes. */
  show(text: string): void {
    const nowMs = this.#now();
    const isTerminal = this.#output.isTTY === true;
    if (nowMs - this.#shownMs < (isTerminal ? terminalIntervalMs : lineIntervalMs)) return;
    this.#shownMs = nowMs;
    this.#output.write(isTerminal ? `\r\u001B[2K${text.slice(0, (this.#output.columns || 80) - 1)}` : `${text}\n`);
    this.#drawn = isTerminal;
  }

  /** Clears the drawn line. Idempotent. */
  end(): void {
    if (this.#drawn) this.#output.write('\r\u001B[2K');
    this.#drawn = false;
  }
}
