/** What follows the end of a host that the program which started it did not ask for. Pure. */

export interface HostExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type RestartVerdict =
  | { readonly action: 'restart'; readonly delayMs: number }
  /** Stopped in order by somebody else: nothing is wrong, and starting it again would work against them. */
  | { readonly action: 'stopped' }
  | { readonly action: 'give-up'; readonly sentence: string; readonly hint: string };

const firstDelayMs = 500;
const maxDelayMs = 30_000;
/** So many deaths within the window are no accident. */
export const maxDeaths = 5;
export const deathWindowMs = 120_000;

/** The host's own exit code for a wrong command line or wrong settings. */
const wrongSettings = 2;

/** `deathsMs`: when hosts died before, oldest first, this death last; monotonic milliseconds, of which `nowMs` is one. */
export function decideRestart(exit: HostExit, deathsMs: readonly number[], nowMs: number): RestartVerdict {
  if (exit.code === 0) return { action: 'stopped' };
  if (exit.code === wrongSettings) {
    return {
      action: 'give-up',
      sentence: 'Millrace cannot start with its settings.',
      hint: 'The lines below say which setting is wrong. Correct it and start again.',
    };
  }
  const recent = deathsMs.filter((deathMs) => nowMs - deathMs <= deathWindowMs).length;
  if (recent < maxDeaths) return { action: 'restart', delayMs: Math.min(maxDelayMs, firstDelayMs * 2 ** (recent - 1)) };
  return {
    action: 'give-up',
    sentence: `The host has died ${maxDeaths} times within two minutes; the last time ${describeExit(exit)}.`,
    hint: isOutOfMemory(exit)
      ? 'A model or many copies may need more memory than there is. Close other programs or serve fewer models, then start again.'
      : 'The lines below are the last that it wrote. Start again, or look for the model or setting that was changed last.',
  };
}

/** For the middle of a sentence. */
export function describeExit(exit: HostExit): string {
  if (isOutOfMemory(exit)) return 'it was ended as if memory had run out';
  return exit.signal === null ? `it ended with code ${exit.code ?? 'unknown'}` : `it was ended by ${exit.signal}`;
}

/** The system's own killer, V8's abort, and the trap of an allocator. */
function isOutOfMemory({ code, signal }: HostExit): boolean {
  return signal === 'SIGKILL' || signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134;
}
