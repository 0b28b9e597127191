/**
 * Tunes a model: measures what the plan says, chooses, and measures the choice against what the model had in turn, because a choice
 * among noisy rows is partly luck. How a setting is measured is passed in.
 */
import type { TuneFigures, TuneGoal, TuneResult, TuneRow, TuneSetting } from '../protocol/admin/tune-result.ts';
import { fitCurve } from './scaling-curve.ts';
import { choose, scoreOf, worthIt } from './tune-choice.ts';
import { nextSetting, plannedRows, sameSetting } from './tune-plan.ts';

/** Throws where the setting cannot be served at all. `loadMs`: the load, starting aside. */
export type MeasureSetting = (setting: TuneSetting, loadMs: number, signal: AbortSignal) => Promise<TuneRow>;

export interface TuneOptions {
  readonly model: string;
  readonly goal: TuneGoal;
  readonly budgetMs: number;
  readonly cores: number;
  readonly measure: MeasureSetting;
  readonly signal: AbortSignal;
  readonly onProgress: (step: string, done: number, total: number) => void;
  readonly now?: () => number;
}

export const maxRows = 40;
/** Choice and what was there, twice each, in the order A B B A: drift meets both. */
const finalRuns = 4;
/** Share of the budget that the search may use. */
const searchShare = 0.7;
const minLoadMs = 500;
const maxLoadMs = 20_000;
/** Guess for the first start; later ones are measured. */
const firstStartMs = 1500;

export type Tuned = Omit<TuneResult, 'saved'>;

export async function tune(options: TuneOptions): Promise<Tuned> {
  const { model, goal, budgetMs, cores, measure, signal, onProgress, now = () => performance.now() } = options;
  const limits = { cores, goal, maxRows };
  const startedMs = now();
  const rows: TuneRow[] = [];
  const total = plannedRows(limits) + finalRuns;
  let startMs = firstStartMs;
  const loadMs = (): number => {
    const each = budgetMs / total - startMs;
    return Math.round(Math.min(maxLoadMs, Math.max(minLoadMs, each)));
  };
  const measured = async (setting: TuneSetting, done: number): Promise<TuneRow> => {
    signal.throwIfAborted();
    onProgress(settingText(setting), done, total);
    const beganMs = now();
    const forMs = loadMs();
    const row = await measure(setting, forMs, signal);
    startMs = Math.max(0, now() - beganMs - forMs);
    return row;
  };
  for (;;) {
    const setting = nextSetting(rows, limits);
    const isOut = rows.length > 0 && now() - startedMs > budgetMs * searchShare;
    if (setting === undefined || isOut) break;
    rows.push(await measured(setting, rows.length));
  }
  const curve = fitCurve(
    rows.filter(({ setting }) => setting.maxBatchSize === undefined && setting.maxBatchDelayMs === undefined),
  );
  const before = rows[0]!;
  const pick = choose(rows, goal);
  const found = { version: 1, model, goal, cores, rows, curve } as const;
  if (pick === undefined) {
    return {
      ...found,
      pick: {},
      gain: undefined,
      sentence: `${model} stays as it is: requests failed with every setting.`,
    };
  }
  if (sameSetting(pick.setting, before.setting) || sameUse(pick, before)) {
    return {
      ...found,
      pick: {},
      gain: undefined,
      sentence: `${model} stays as it is: nothing that was measured is better.`,
    };
  }
  const done = total - finalRuns;
  const first = await measured(pick.setting, done);
  const second = await measured({}, done + 1);
  const third = await measured({}, done + 2);
  const fourth = await measured(pick.setting, done + 3);
  const gain = meanScore([first, fourth], goal) / Math.max(Number.MIN_VALUE, meanScore([second, third], goal));
  if (!(gain >= worthIt)) {
    const sentence = `${model} stays as it is: ${settingText(pick.setting)} looked better, but measured against it in turn it brought ${percentText(gain)}.`;
    return { ...found, pick: {}, gain, sentence };
  }
  return {
    ...found,
    pick: pick.setting,
    gain,
    sentence: `${model} gets ${settingText(pick.setting)}: ${percentText(gain)} for ${goalText(goal)}, measured against what it had in turn.`,
  };
}

/** The host makes the same of both: saving one of them would only hide that. */
function sameUse(a: TuneRow, b: TuneRow): boolean {
  const isPlain = ({ setting }: TuneRow): boolean =>
    setting.maxBatchSize === undefined && setting.maxBatchDelayMs === undefined;
  return a.replicas === b.replicas && a.threads === b.threads && isPlain(a) && isPlain(b);
}

function meanScore(rows: readonly TuneFigures[], goal: TuneGoal): number {
  return rows.reduce((sum, row) => sum + scoreOf(row, goal), 0) / rows.length;
}

export function settingText({ replicas, threads, maxBatchSize, maxBatchDelayMs }: TuneSetting): string {
  const parts = [
    ...(replicas === undefined ? [] : [`${replicas} ${replicas === 1 ? 'copy' : 'copies'}`]),
    ...(threads === undefined ? [] : [`${threads} ${threads === 1 ? 'thread' : 'threads'}`]),
    ...(maxBatchSize === undefined ? [] : [maxBatchSize === 0 ? 'no batching' : `batches of ${maxBatchSize}`]),
    ...(maxBatchDelayMs === undefined ? [] : [`${maxBatchDelayMs} ms delay`]),
  ];
  return parts.length === 0 ? 'what it has' : parts.join(', ');
}

function goalText(goal: TuneGoal): string {
  return goal === 'balanced' ? 'throughput and latency together' : goal;
}

function percentText(gain: number): string {
  const percent = Math.round((gain - 1) * 100);
  return percent >= 0 ? `${percent} % more` : `${-percent} % less`;
}
