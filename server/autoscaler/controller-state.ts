/**
 * What the controller of one model remembers between ticks: plain data, so that it can be stored, sent and compared.
 */
import { startClock } from './awake-clock.ts';
import type { AwakeClock } from './awake-clock.ts';
import { noHistory } from './hpa.ts';
import type { HpaHistory } from './hpa.ts';
import { newGain } from './marginal-gain.ts';
import type { GainState } from './marginal-gain.ts';
import type { MetricName } from './metrics.ts';
import type { Policy } from './policy.ts';
import { noRecommendations } from './stabiliser.ts';
import type { Recommendations } from './stabiliser.ts';
import type { SampleWindow } from './windows.ts';

/** All times but those inside `clock` are on its awake time. */
export interface ControllerState {
  readonly clock: AwakeClock;
  readonly windows: Readonly<Partial<Record<MetricName, SampleWindow>>>;
  /** Requests and overload failures of the last minute. */
  readonly requests: SampleWindow;
  readonly overloadFailures: SampleWindow;
  readonly history: HpaHistory;
  /** What the machine allowed lately. */
  readonly ceilings: Recommendations;
  readonly gain: GainState;
  /** When the growth was ordered whose replicas are awaited. */
  readonly growingSinceMs: number | undefined;
  /** Rules that wait have waited since here. */
  readonly restartedMs: number;
  /** Since when there has been no request. */
  readonly idleSinceMs: number | undefined;
  /** Until then nothing but the bounds is acted on. */
  readonly holdUntilMs: number;
}

export interface ControllerStart {
  readonly nowMs: number;
  readonly settingsKey: string;
  /** True where replicas were running before this controller: what led to their number is not known. Default false. */
  readonly isHistoryLost?: boolean;
}

/** The first tick remembers the count that it finds, as HPA does. */
export function startController(
  policy: Policy,
  { nowMs, settingsKey, isHistoryLost = false }: ControllerStart,
): ControllerState {
  return {
    clock: startClock(nowMs),
    windows: {},
    requests: [],
    overloadFailures: [],
    history: noHistory,
    ceilings: noRecommendations,
    gain: newGain(settingsKey),
    growingSinceMs: undefined,
    restartedMs: Number.MIN_SAFE_INTEGER,
    idleSinceMs: undefined,
    holdUntilMs: isHistoryLost ? policy.restartHoldMs : 0,
  };
}
