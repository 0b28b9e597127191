/** Waits for the one line of JSON with which a started program says that it is ready and where it is. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Loading the largest model here takes under a second; a busy machine may need many, milliseconds. */
const announcementLimitMs = 60_000;

/** Rejects where the child ends first, says something else or takes too long. */
export async function readAnnouncement<T>(child: ChildProcess, program: string): Promise<T> {
  const lines = createInterface({ input: child.stdout! });
  const timeout = AbortSignal.timeout(announcementLimitMs);
  try {
    return await new Promise<T>((resolve, reject) => {
      const fail = (reason: string): void => reject(new Error(`${program} ${reason}.`));
      lines.on('line', (line) => {
        if (!line.startsWith('{')) return;
        try {
          resolve(JSON.parse(line) as T);
        } catch (error) {
          reject(error as Error);
        }
      });
      child.once('exit', (code, signal) => fail(`ended with ${signal ?? `code ${code}`} before it was ready`));
      timeout.addEventListener('abort', () => fail(`was not ready within ${announcementLimitMs / 1000} s`));
    });
  } finally {
    lines.close();
    child.stdout!.resume();
  }
}
