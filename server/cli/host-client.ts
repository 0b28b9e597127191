/** How commands talk to a running host: they find it by its run file and ask its admin listener. */
import { MillraceError } from '../base/errors.ts';
import type { HostStatus } from '../host/host-status.ts';
import { RunFile } from '../host/run-file.ts';
import type { RunFacts } from '../host/run-file.ts';

/** A host on the same machine answers in milliseconds. */
const requestTimeoutMs = 5000;

export interface FoundHost {
  readonly run: RunFacts;
  readonly status: HostStatus;
}

/** Throws `host-not-running`, also where the run file is a leftover of a host that was killed. */
export async function findHost(dataDirectory: string): Promise<FoundHost> {
  const run = await new RunFile(dataDirectory).read();
  try {
    const response = await fetch(`${run.adminUrl}/api/v1/status`, { signal: AbortSignal.timeout(requestTimeoutMs) });
    return { run, status: (await response.json()) as HostStatus };
  } catch (error) {
    throw new MillraceError(
      'host-not-running',
      `No Millrace answers at ${run.adminUrl}; process ${run.pid} has ended.`,
      {
        hint: 'Start it with `millrace serve`.',
        cause: error,
      },
    );
  }
}
