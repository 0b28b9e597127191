/** What the process that syncs and the host say to each other: one order as JSON, then a line of JSON for each piece of news. */
import type { ErrorBody } from '../protocol/control.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';
import type { SyncProgress, SyncReport } from '../sources/sync.ts';

/** The first line on the process's standard input. When its input ends, it stops. */
export interface SyncOrder {
  readonly settings: SourceSettings;
  readonly dataDirectory: string;
  readonly trigger: 'schedule' | 'command';
  readonly retryRefused: boolean;
}

export type SyncMessage =
  | { readonly type: 'progress'; readonly progress: SyncProgress }
  | { readonly type: 'event'; readonly event: NewHostEvent }
  | { readonly type: 'done'; readonly report: WrittenReport }
  /** It did not come to a report: the source is busy, the memory cannot be opened. */
  | { readonly type: 'failed'; readonly error: ErrorBody };

export type WrittenReport = Omit<SyncReport, 'error'> & { readonly error: ErrorBody | undefined };
