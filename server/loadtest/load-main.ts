/**
 * Entry of the process that runs one load test (load-process.ts): takes the plan as its first message, tells how it goes, ends
 * after the result. When its parent is gone it ends at once: a load that nobody waits for must not go on.
 */
import { asMillraceError } from '../base/errors.ts';
import { toErrorBody } from '../protocol/control.ts';
import type { LoadCommand, LoadReply } from './load-process.ts';
import { runLoadTest } from './load-test.ts';

process.title = 'millrace load test';

const abort = new AbortController();
let started = false;

// A Ctrl-C reaches the whole process group; the parent says what is to be done.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(1));
process.on('message', (message: LoadCommand | 'abort') => {
  if (message === 'abort') abort.abort();
  else if (!started) {
    started = true;
    void run(message);
  }
});

async function run({ plan, samples }: LoadCommand): Promise<void> {
  try {
    const result = await runLoadTest(plan, {
      samples,
      signal: abort.signal,
      onProgress: (snapshot) => reply({ type: 'progress', snapshot }),
    });
    reply({ type: 'result', result }, end);
  } catch (error) {
    const known = asMillraceError(error);
    if (known.code === 'internal' && !abort.signal.aborted) console.error(error);
    reply({ type: 'failure', error: toErrorBody(known) }, end);
  }
}

function reply(message: LoadReply, done: () => void = () => {}): void {
  process.send!(message, undefined, undefined, done);
}

function end(): void {
  process.exit(0);
}
