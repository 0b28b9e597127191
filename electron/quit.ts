/**
 * How the program ends, as a state machine: first the host answers what it has accepted and stops, then what is left of it is
 * killed, then the program goes. Pure; shell.ts does what it says.
 */

/** `draining`: the host was asked to stop; `killing`: it was killed and its end is awaited; `done`: nothing is left. */
export type QuitPhase = 'running' | 'draining' | 'killing' | 'done';

/** `session-ending`: the person logs off or the machine shuts down, which waits for nobody. */
export type QuitEvent = 'asked' | 'session-ending' | 'host-gone' | 'time-up';

export interface QuitStep {
  readonly phase: QuitPhase;
  /** `drain` also where no host runs or one is still starting: it answers with `host-gone`. */
  readonly act?: 'drain' | 'kill' | 'exit';
  /** When `time-up` follows, milliseconds from now; undefined: an earlier time holds. */
  readonly withinMs?: number;
}

/** The host's own limit for answering is 10 s; closing its files and ending its children takes a moment more. */
export const drainMs = 15_000;
/** Windows ends programs five seconds after it has said so. */
export const sessionDrainMs = 3000;
/** A killed process is gone at once unless a disk holds it. */
export const killMs = 3000;

export function decideQuit(phase: QuitPhase, event: QuitEvent): QuitStep {
  if (phase === 'running') {
    if (event === 'asked') return { phase: 'draining', act: 'drain', withinMs: drainMs };
    if (event === 'session-ending') return { phase: 'draining', act: 'drain', withinMs: sessionDrainMs };
    return { phase };
  }
  if (phase === 'done') return { phase };
  if (event === 'host-gone') return { phase: 'done', act: 'exit' };
  if (event === 'time-up') {
    return phase === 'draining' ? { phase: 'killing', act: 'kill', withinMs: killMs } : { phase: 'done', act: 'exit' };
  }
  // A second Quit changes nothing; a session that ends shortens the wait.
  return event === 'session-ending' && phase === 'draining' ? { phase, withinMs: sessionDrainMs } : { phase };
}
