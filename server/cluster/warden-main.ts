/**
 * Entry of the warden: a process that outlives its host by a moment, to end the replicas that cannot notice.
 *
 * A replica exits by itself when its host's socket ends, unless it is inside a run, which blocks it. The warden hears of
 * each replica over its standard input, one line each, `+pid` or `-pid`. When that input ends, the host is gone: the warden
 * gives the replicas a moment to go by themselves and kills the rest.
 */
import { createInterface } from 'node:readline';

/** Long enough for an idle replica to notice, short against the two seconds within which all must be gone. */
const graceMs = 300;

process.title = 'millrace warden';
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

const replicas = new Set<number>();

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) replicas.add(pid);
  else replicas.delete(pid);
});
lines.on('close', () => {
  setTimeout(() => {
    for (const pid of replicas) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has gone by itself.
      }
    }
  }, graceMs);
});
