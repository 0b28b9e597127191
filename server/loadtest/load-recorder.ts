/**
 * Keeps account of a run: each request that is due is settled exactly once, as answered or as failed. Latencies go into
 * histograms; for the course over time there is one more histogram that is emptied at each interval.
 */
import type { LoadCounts, LoadFailure, LoadMoment, LoadSnapshot } from '../protocol/admin/load-result.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** Kinds of failure that are told apart; more are counted as `other`. */
const maxKinds = 50;
const exampleCharacters = 300;
/** Points of the timeline: enough for a screen, little enough for a file. */
const maxMoments = 1200;

export interface RecorderOptions {
  /** Monotonic milliseconds: requests due before it are warm-up and not counted. */
  readonly beginMs: number;
  /** Requests due from here on are not counted. */
  readonly endMs: number;
  /** Answers above it are counted as slow, milliseconds. */
  readonly limitMs?: number | undefined;
}

export interface Gauges {
  readonly planned: number;
  readonly connections: number;
  readonly outstanding: number;
}

interface Tally {
  sent: number;
  answered: number;
  failed: number;
}

export class LoadRecorder {
  readonly beginMs: number;
  readonly endMs: number;
  readonly latency = new LatencyHistogram();
  readonly service = new LatencyHistogram();
  readonly lag = new LatencyHistogram();
  readonly intervalMs: number;
  readonly #recent = new LatencyHistogram();
  readonly #failures = new Map<string, { count: number; example: string }>();
  readonly #timeline: LoadMoment[] = [];
  #due = 0;
  #sent = 0;
  #failed = 0;
  #answered = 0;
  /** Answers that came within the measured time, whenever their requests were due. */
  #answeredInTime = 0;
  #slow = 0;
  readonly #limitMs: number;
  #bytesSent = 0;
  #bytesReceived = 0;
  #recentTally: Tally = { sent: 0, answered: 0, failed: 0 };
  #recentBeganMs: number;
  #last: LoadMoment | undefined;

  constructor({ beginMs, endMs, limitMs = Infinity }: RecorderOptions) {
    this.#limitMs = limitMs;
    this.beginMs = beginMs;
    this.endMs = endMs;
    this.#recentBeganMs = beginMs;
    const seconds = Math.ceil((endMs - beginMs) / 1000 / maxMoments);
    // Short runs get points four times a second.
    this.intervalMs = endMs - beginMs <= 60_000 ? 250 : Math.max(1, seconds) * 1000;
  }

  get answered(): number {
    return this.#answered;
  }

  get failed(): number {
    return this.#failed;
  }

  get due(): number {
    return this.#due;
  }

  /** Answers that took longer than the limit. */
  get slow(): number {
    return this.#slow;
  }

  /** A request became due; the caller settles it later with `answer` or `fail`. */
  begin(dueMs: number): void {
    if (this.#counts(dueMs)) this.#due += 1;
  }

  send(dueMs: number, bytes: number): void {
    this.#recentTally.sent += 1;
    if (!this.#counts(dueMs)) return;
    this.#sent += 1;
    this.#bytesSent += bytes;
  }

  /** How late a request was begun although nothing but the generator kept it. */
  late(dueMs: number, nowMs: number): void {
    if (this.#counts(dueMs)) this.lag.record(nowMs - dueMs);
  }

  answer(dueMs: number, sentMs: number, nowMs: number, bytes: number): void {
    this.#recentTally.answered += 1;
    this.#recent.record(nowMs - dueMs);
    if (nowMs >= this.beginMs && nowMs < this.endMs) this.#answeredInTime += 1;
    if (!this.#counts(dueMs)) return;
    this.#answered += 1;
    this.#bytesReceived += bytes;
    if (nowMs - dueMs > this.#limitMs) this.#slow += 1;
    this.latency.record(nowMs - dueMs);
    this.service.record(nowMs - sentMs);
  }

  fail(dueMs: number, kind: string, example: string): void {
    this.#recentTally.failed += 1;
    if (!this.#counts(dueMs)) return;
    this.#failed += 1;
    const name = this.#failures.has(kind) || this.#failures.size < maxKinds ? kind : 'other';
    const known = this.#failures.get(name);
    if (known === undefined) this.#failures.set(name, { count: 1, example: example.slice(0, exampleCharacters) });
    else known.count += 1;
  }

  /** Called at least once per interval. */
  tick(nowMs: number, gauges: Gauges): void {
    if (nowMs - this.#recentBeganMs < this.intervalMs) {
      // The warm-up has its own intervals, of which only the figures for people are kept.
      if (nowMs >= this.beginMs || nowMs - this.#recentBeganMs < 0) return;
    }
    this.closeInterval(nowMs, gauges);
  }

  /** Ends the present interval; the caller does so at the end, where one may be shorter or longer than the others. */
  closeInterval(nowMs: number, { planned, connections, outstanding }: Gauges): void {
    const seconds = Math.max(1, nowMs - this.#recentBeganMs) / 1000;
    const { sent, answered, failed } = this.#recentTally;
    this.#last = {
      t: Math.round(nowMs - this.beginMs),
      planned,
      sentPerSecond: sent / seconds,
      answeredPerSecond: answered / seconds,
      failedPerSecond: failed / seconds,
      p50Ms: this.#recent.percentile(50),
      p99Ms: this.#recent.percentile(99),
      connections,
      outstanding,
    };
    if (nowMs > this.beginMs && this.#timeline.length < maxMoments * 2) this.#timeline.push(this.#last);
    this.#recent.reset();
    this.#recentTally = { sent: 0, answered: 0, failed: 0 };
    this.#recentBeganMs = nowMs;
  }

  snapshot(step: string, elapsedMs: number, totalMs: number, gauges: Gauges): LoadSnapshot {
    return {
      step,
      elapsedMs,
      totalMs,
      planned: gauges.planned,
      answeredPerSecond: this.#last?.answeredPerSecond ?? 0,
      p50Ms: this.#last?.p50Ms ?? 0,
      p99Ms: this.#last?.p99Ms ?? 0,
      answered: this.#answered,
      failed: this.#failed,
      connections: gauges.connections,
      outstanding: gauges.outstanding,
    };
  }

  counts(): LoadCounts {
    return {
      due: this.#due,
      sent: this.#sent,
      answered: this.#answered,
      failed: this.#failed,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
    };
  }

  answeredInTime(): number {
    return this.#answeredInTime;
  }

  timeline(): readonly LoadMoment[] {
    return this.#timeline;
  }

  failures(): LoadFailure[] {
    return [...this.#failures]
      .map(([kind, { count, example }]) => ({ kind, count, example }))
      .toSorted((a, b) => b.count - a.count);
  }

  #counts(dueMs: number): boolean {
    return dueMs >= this.beginMs && dueMs < this.endMs;
  }
}
