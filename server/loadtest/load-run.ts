/**
 * One measured run, closed or open loop: warm-up, measured time, and the wait for what is still in flight. Everything that it
 * opens is closed when its promise settles.
 */
import type { LoadDrive, Stage } from '../protocol/admin/load-plan.ts';
import type { LoadMeasurement, LoadSnapshot } from '../protocol/admin/load-result.ts';
import { Arrivals } from './arrivals.ts';
import { ClosedLoop } from './closed-loop.ts';
import { isLoopback } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { GeneratorGauge, judgeGenerator } from './generator-gauge.ts';
import { LoadEngine } from './load-engine.ts';
import { LoadRecorder } from './load-recorder.ts';
import { OpenLoop } from './open-loop.ts';
import { seededRandom } from './random.ts';
import { totalMs, valueAt } from './stages.ts';

export type RunDrive = Exclude<LoadDrive, { kind: 'search' }>;

export interface RunOptions {
  readonly endpoint: Endpoint;
  readonly requests: readonly Buffer[];
  readonly drive: RunDrive;
  readonly warmUpMs: number;
  readonly timeoutMs: number;
  readonly maxConnections: number;
  readonly seed: number;
  readonly cores: number;
  readonly step: string;
  readonly signal: AbortSignal;
  readonly onProgress: (snapshot: LoadSnapshot) => void;
  /** Requests above it count as slow, for `stopWhen`. */
  readonly limitMs?: number;
  /** Ends the run early where its result is certain. */
  readonly stopWhen?: (facts: RunFacts) => boolean;
}

/** Of the measured time so far. */
export interface RunFacts {
  readonly due: number;
  readonly failed: number;
  /** Longer than the limit, answered or not. */
  readonly slow: number;
}

export interface RunOutcome {
  readonly measurement: LoadMeasurement;
  /** True where `stopWhen` or the signal ended it. */
  readonly cut: boolean;
}

/** How often waits are looked at and connections adjusted, milliseconds. */
const tickMs = 25;
const progressMs = 250;

export async function runLoad(options: RunOptions): Promise<RunOutcome> {
  const { drive, warmUpMs, timeoutMs, signal, step } = options;
  const planned = drive.kind === 'closed' ? drive.connections : drive.perSecond;
  const stages = withWarmUp(planned, warmUpMs);
  const startMs = performance.now() + 5;
  const beginMs = startMs + warmUpMs;
  const endMs = startMs + totalMs(stages);
  const recorder = new LoadRecorder({ beginMs, endMs, limitMs: options.limitMs });
  const most =
    drive.kind === 'closed' ? Math.max(...planned.map(({ from, to }) => Math.max(from, to))) : options.maxConnections;
  const maxConnections = Math.max(1, Math.ceil(most));
  const engine = new LoadEngine({ ...options, maxConnections, recorder });
  const loop =
    drive.kind === 'closed'
      ? new ClosedLoop(engine, stages, startMs, endMs)
      : new OpenLoop(engine, {
          stages,
          arrivals: new Arrivals(stages, drive.arrival, seededRandom(options.seed)),
          startMs,
          maxConnections,
          timeoutMs,
        });
  const startedAt = new Date(Date.now() + warmUpMs).toISOString();
  let gauge = new GeneratorGauge();
  let use = gauge.read();
  let phase: 'warm-up' | 'measuring' | 'finishing' = 'warm-up';
  let shownMs = -Infinity;
  let cut = false;
  const gauges = (nowMs: number) => ({
    planned: loop.planned(nowMs),
    connections: engine.connections,
    outstanding: engine.busy + loop.waiting,
  });
  if (loop instanceof OpenLoop) await loop.start();
  try {
    for (;;) {
      const nowMs = performance.now();
      if (phase === 'warm-up' && nowMs >= beginMs) {
        phase = 'measuring';
        gauge = new GeneratorGauge();
      }
      if (phase === 'measuring' && nowMs >= endMs) {
        phase = 'finishing';
        recorder.closeInterval(nowMs, gauges(nowMs));
        use = gauge.read();
      }
      engine.sweep(nowMs);
      loop.tick(nowMs);
      if (nowMs < endMs) recorder.tick(nowMs, gauges(nowMs));
      if (nowMs - shownMs >= progressMs) {
        shownMs = nowMs;
        options.onProgress(recorder.snapshot(step, nowMs - startMs, endMs - startMs, gauges(nowMs)));
      }
      cut = signal.aborted || (phase === 'measuring' && stops(options, engine, loop.waiting, nowMs));
      if (cut || (phase === 'finishing' && loop.isExhausted && engine.busy + loop.waiting === 0)) break;
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
    if (phase === 'measuring') use = gauge.read();
  } finally {
    await loop.stop();
    engine.end('unanswered', 'The test was ended before the answer came.');
  }
  const measuredMs = Math.max(1, Math.min(performance.now(), endMs) - beginMs);
  return { cut, measurement: measurementOf(options, recorder, { startedAt, measuredMs, use, loop, maxConnections }) };
}

function stops({ stopWhen, limitMs }: RunOptions, engine: LoadEngine, waiting: number, nowMs: number): boolean {
  if (stopWhen === undefined || limitMs === undefined) return false;
  const { due, failed, slow } = engine.recorder;
  // What waits for a connection came after what is in flight; that is counted when it is sent.
  const late = engine.olderThan(limitMs, nowMs) + (waiting > 0 ? 1 : 0);
  return stopWhen({ due, failed, slow: slow + late });
}

function measurementOf(
  { drive, endpoint, cores }: RunOptions,
  recorder: LoadRecorder,
  run: {
    readonly startedAt: string;
    readonly measuredMs: number;
    readonly use: ReturnType<GeneratorGauge['read']>;
    readonly loop: { readonly waitedForConnection: number };
    readonly maxConnections: number;
  },
): LoadMeasurement {
  const counts = recorder.counts();
  const seconds = run.measuredMs / 1000;
  const latencyMs = recorder.latency.summary();
  return {
    startedAt: run.startedAt,
    durationMs: Math.round(run.measuredMs),
    duePerSecond: counts.due / seconds,
    answeredPerSecond: recorder.answeredInTime() / seconds,
    counts,
    latencyMs,
    serviceMs: recorder.service.summary(),
    percentiles: recorder.latency.curve(),
    failures: recorder.failures(),
    timeline: recorder.timeline(),
    generator: judgeGenerator({
      ...run.use,
      cores,
      isLoopback: isLoopback(endpoint.address),
      isOpenLoop: drive.kind === 'open',
      lagP50Ms: recorder.lag.percentile(50),
      lagP99Ms: recorder.lag.percentile(99),
      lagMaxMs: recorder.lag.summary().max,
      latencyP50Ms: latencyMs.p50,
      waitedForConnection: run.loop.waitedForConnection,
      due: counts.due,
      maxConnections: run.maxConnections,
    }),
  };
}

/** Begins as the plan does, and where that is nothing, as it goes on. */
function withWarmUp(stages: readonly Stage[], warmUpMs: number): readonly Stage[] {
  if (warmUpMs === 0) return stages;
  const value = valueAt(stages, 0) || Math.max(stages[0]!.from, stages[0]!.to);
  return [{ from: value, to: value, durationMs: warmUpMs }, ...stages];
}
