/** What a client is told of a failure on a remote server: never its address, which is in the log. Pure. */
import { MillraceError } from '../base/errors.ts';
import type { ExchangeEnd } from './remote-exchange.ts';

const server = 'The server that answers for this model';
const hint = 'Try again. If it lasts, look at that server; the log of this host names it.';

/** Where the end is a reply, the error stands for it until it is known whether the client gets the reply itself. */
export function remoteFailureError(end: ExchangeEnd, readTimeoutMs: number): MillraceError {
  if (end.type === 'reply') return failed(`answered with status ${end.status}.`, undefined);
  switch (end.failure) {
    case 'connect':
    case 'connect-timeout':
      return failed('could not be reached.', end.cause);
    case 'reset-on-reused':
    case 'reset-before-byte':
    case 'reset':
      return failed('ended the connection before its answer was complete.', end.cause);
    case 'silence':
      return new MillraceError('deadline-exceeded', `${server} was silent for ${readTimeoutMs} ms.`, {
        hint,
        details: { readTimeoutMs },
      });
    case 'unusable':
      return failed('gave an answer that cannot be passed on.', end.cause);
    case 'too-large':
      return new MillraceError('response-too-large', `${server} gave an answer that is too large to be passed on.`, {
        hint: 'Ask for fewer rows or fewer outputs at once.',
      });
  }
}

function failed(what: string, cause: unknown): MillraceError {
  return new MillraceError('upstream-failed', `${server} ${what}`, { hint, retryable: true, cause });
}
