/**
 * What is to be done about updates now: look, download, install or wait. Pure: the time, and how long nothing has been asked of
 * the host, are passed in; the shell does what this says and asks again.
 */
import type { UpdateSettings } from './update-policy.ts';

export type UpdatePhase =
  /** Nothing is known to be newer. */
  | 'none'
  | 'checking'
  | 'available'
  | 'downloading'
  /** Checked and on disk. */
  | 'downloaded'
  | 'installing';

export interface UpdateFacts {
  readonly phase: UpdatePhase;
  /** When it was last looked, successfully or not; undefined: not since the start. Milliseconds, as `nowMs`. */
  readonly lastLookMs: number | undefined;
  /** Looks that failed in a row. */
  readonly failures: number;
  /** A person said: tonight. */
  readonly isOrdered: boolean;
  /** So long the host has had no request; 0 while one runs. */
  readonly idleMs: number;
  readonly nowMs: number;
  /** Of the local clock, minutes since midnight. */
  readonly minuteOfDay: number;
}

export type UpdateAct = 'check' | 'download' | 'install' | 'wait';

const hourMs = 3_600_000;
export const lookIntervalMs = 24 * hourMs;
/** After the start: nobody waits for it, and a machine that was just switched on has better things to do. */
export const firstLookMs = 10 * 60_000;
/** So long nothing must have been asked before a host is stopped for an update. */
export const quietMs = 10 * 60_000;
/** The night has so many minutes from the hour that is set. */
export const windowMinutes = 120;

/** `startedMs`: when the program began. */
export function decideUpdate(settings: UpdateSettings, facts: UpdateFacts, startedMs: number): UpdateAct {
  const { phase } = facts;
  if (phase === 'downloaded') return mayInstall(settings, facts) ? 'install' : 'wait';
  if (settings.mode === 'off' || settings.url === undefined) return 'wait';
  if (phase === 'available') return settings.mode === 'tonight' ? 'download' : 'wait';
  if (phase !== 'none') return 'wait';
  return facts.nowMs >= nextLookMs(facts, startedMs) ? 'check' : 'wait';
}

/** 1 h, 2 h, 4 h and so on up to a day after failures in a row; a day after an answer. */
export function nextLookMs(
  { lastLookMs, failures }: Pick<UpdateFacts, 'lastLookMs' | 'failures'>,
  startedMs: number,
): number {
  if (lastLookMs === undefined) return startedMs + firstLookMs;
  return (
    lastLookMs + (failures === 0 ? lookIntervalMs : Math.min(lookIntervalMs, hourMs * 2 ** Math.min(failures - 1, 10)))
  );
}

/** At night, when nothing was asked for a while, and because somebody said so: by setting, or for this one. */
function mayInstall({ mode, hour }: UpdateSettings, { isOrdered, idleMs, minuteOfDay }: UpdateFacts): boolean {
  if (!isOrdered && mode !== 'tonight') return false;
  // A window that begins at 23 goes on after midnight.
  const sinceHour = (minuteOfDay - hour * 60 + 1440) % 1440;
  return sinceHour < windowMinutes && idleMs >= quietMs;
}
