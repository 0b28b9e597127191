/** How a recipe that does not fit its model is refused. */
import { MillraceError } from '../base/errors.ts';

/** `what` completes the sentence "The recipe in millrace.json …"; `hint` says what to write instead. */
export function recipeFault(what: string, hint: string): MillraceError {
  return new MillraceError('invalid-manifest', `The recipe in millrace.json ${what}.`, { hint });
}
