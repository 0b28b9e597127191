/** Sentences about the end of a replica process: for events, for people who ask why, and for clients whose model is given up. */
import { MillraceError } from '../base/errors.ts';
import type { ReplicaExit } from './replica.ts';

/** A few words: `SIGKILL`, `exit code 1`, `could not load`. */
export function describeEnd(exit: ReplicaExit): string {
  if (exit.signal !== null) return exit.signal;
  return exit.code === 0 && exit.loadError !== undefined ? 'could not load' : `exit code ${exit.code}`;
}

/** What operators and clients read when a model is given up: the cause in its own words where there is one. */
export function describeGivingUp(name: string, reason: 'too-many' | 'never-ready', exit: ReplicaExit): MillraceError {
  const pattern =
    reason === 'never-ready' ? 'ended three times before it was ready' : 'ended five times within a minute';
  // The process's own last words stay in the log and in `lastStderr`: they may hold paths, and clients read this.
  const cause = exit.loadError?.message ?? `The last process ended with ${describeEnd(exit)}.`;
  return new MillraceError('model-failed', `The model ${name} cannot run: it ${pattern}. ${cause}`, {
    hint: exit.loadError?.hint ?? 'Look at the log for its last lines; replace the model file, then restart Millrace.',
  });
}

/** Why a process ended by itself, one sentence. */
export function deathReason({ loadError, code, signal, stderr }: ReplicaExit): string {
  const last = stderr.at(-1)?.slice(0, 200) ?? '';
  return loadError?.message ?? `its process ended (${signal ?? `exit code ${code}`})${last === '' ? '' : `: ${last}`}.`;
}
