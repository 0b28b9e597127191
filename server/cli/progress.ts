/**
 * How far long work has come, on standard error: on a terminal one line that is drawn again, elsewhere a line every few
 * seconds. Silent where work ends before anyone would wonder.
 */
import { sizeText } from '../models/model-refusal.ts';

export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const silentMs = 300;
const terminalIntervalMs = 100;
const lineIntervalMs = 3000;
const barWidth = 24;

export class Progress {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  readonly #startedMs: number;
  #shownMs: number;
  #label = '';
  #drawn = false;

  constructor(output: ProgressOutput = process.stderr, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
    this.#startedMs = now();
    // On a terminal the first line comes after the silence; elsewhere after the first interval.
    this.#shownMs = output.isTTY === true ? this.#startedMs - terminalIntervalMs : this.#startedMs;
  }

  /** `totalBytes` 0: the work cannot be measured. Called as often as one likes. */
  update(label: string, doneBytes: number, totalBytes: number): void {
    const nowMs = this.#now();
    const isTerminal = this.#output.isTTY === true;
    const isNew = label !== this.#label && isTerminal;
    const intervalMs = isTerminal ? terminalIntervalMs : lineIntervalMs;
    if (nowMs - this.#startedMs < silentMs || (!isNew && nowMs - this.#shownMs < intervalMs)) return;
    this.#label = label;
    this.#shownMs = nowMs;
    const text = progressText(label, doneBytes, totalBytes, isTerminal);
    this.#output.write(isTerminal ? `\r\u001B[2K${text.slice(0, (this.#output.columns || 80) - 1)}` : `${text}\n`);
    this.#drawn = isTerminal;
  }

  /** Clears the drawn line. Idempotent. */
  end(): void {
    if (this.#drawn) this.#output.write('\r\u001B[2K');
    this.#drawn = false;
  }
}

/** `Copying iris  [######------]  50 %  1.0 GB of 2.0 GB`. */
export function progressText(label: string, doneBytes: number, totalBytes: number, withBar: boolean): string {
  if (totalBytes === 0) return `${label} …`;
  const share = Math.min(1, doneBytes / totalBytes);
  const filled = Math.round(share * barWidth);
  const bar = withBar ? `  [${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]` : '';
  return `${label}${bar}  ${Math.floor(share * 100)} %  ${sizeText(doneBytes)} of ${sizeText(totalBytes)}`;
}
