/** `millrace logs`: the last lines of the running host's log, and with --follow those that come. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogEntry, LogView } from '../protocol/admin/log-view.ts';
import { HostClient } from './host-client.ts';

export interface LogFlags {
  readonly data: string;
  readonly json?: boolean;
  readonly level?: string;
  readonly search?: string;
  readonly limit: number;
  readonly follow?: boolean;
}

const followMs = 500;

export async function logsCommand(flags: LogFlags): Promise<void> {
  const client = await HostClient.find(flags.data);
  const read = (after: number): Promise<LogView> => {
    const query = new URLSearchParams({ after: String(after), limit: String(flags.limit) });
    if (flags.level !== undefined) query.set('level', flags.level);
    if (flags.search !== undefined) query.set('search', flags.search);
    return client.get<LogView>(`/log?${query.toString()}`);
  };
  let last = 0;
  do {
    const { entries, lastId, skipped } = await read(last);
    if (last > 0 && skipped > 0) console.error(`… ${skipped} lines came faster than they could be shown.`);
    for (const entry of entries) console.log(flags.json === true ? JSON.stringify(entry) : logLine(entry));
    last = lastId;
    if (flags.follow === true) await sleep(followMs);
  } while (flags.follow === true);
}

/** `2026-11-24 12:00:00  warn   Port 8000 is in use … {"pid":1}`, in local time. */
export function logLine({ at, level, message, facts }: LogEntry): string {
  const time = new Date(at).toLocaleString('sv-SE');
  return `${time}  ${level.padEnd(5)}  ${message}${facts === '' ? '' : ` ${facts}`}`;
}
