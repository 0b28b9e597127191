/** `millrace copies list`, `drain`, `resume` and `restart`: single processes of the running host. */
import type { CopyView } from '../protocol/admin/copy-view.ts';
import { HostClient } from './host-client.ts';
import { megabytes, table } from './output.ts';
import { runJob } from './run-job.ts';

export interface CopyFlags {
  readonly data: string;
  readonly json?: boolean;
}

export async function listCopiesCommand(flags: CopyFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const copies = await client.get<readonly CopyView[]>('/copies');
  console.log(flags.json === true ? JSON.stringify(copies, undefined, 2) : copiesText(copies));
}

export async function drainCopyCommand(name: string, flags: CopyFlags): Promise<void> {
  await order('drain', name, flags, ({ inFlight }) =>
    inFlight === 0
      ? `${name} gets no requests any more.`
      : `${name} gets no new requests; it still answers ${inFlight}.`,
  );
}

export async function resumeCopyCommand(name: string, flags: CopyFlags): Promise<void> {
  await order('resume', name, flags, () => `${name} gets requests again.`);
}

export async function restartCopyCommand(name: string, flags: CopyFlags): Promise<void> {
  await runJob(await HostClient.find(flags.data), '/copies/restart', { name }, flags, (result) => {
    const { pid } = result as Partial<CopyView>;
    if (pid === undefined) return `${name} has ended.`;
    return `${name} runs as process ${pid} now.`;
  });
}

async function order(
  verb: 'drain' | 'resume',
  name: string,
  flags: CopyFlags,
  words: (copy: CopyView) => string,
): Promise<void> {
  const client = await HostClient.find(flags.data);
  const copy = await client.post<CopyView>(`/copies/${verb}`, { name });
  console.log(flags.json === true ? JSON.stringify(copy, undefined, 2) : words(copy));
}

export function copiesText(copies: readonly CopyView[]): string {
  if (copies.length === 0) return 'No copy runs.';
  return table(
    ['COPY', 'STATE', 'RUNS ON', 'RUNNING', 'ANSWERED', 'MEMORY', 'UP', 'RESTARTS', 'PROCESS'],
    copies.map((copy) => [
      copy.name,
      copy.state,
      copy.device,
      String(copy.inFlight),
      String(copy.answered),
      megabytes(copy.rssBytes),
      `${copy.upSeconds} s`,
      copy.lastExit === undefined ? String(copy.restarts) : `${copy.restarts} (${copy.lastExit})`,
      String(copy.pid),
    ]),
  );
}
