/** What the process that works on sources and the host say to each other: one order as JSON, then a line of JSON for each piece of news. */
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { SourceSettings } from '../protocol/admin/source-settings.ts';
import type { SyncReportView } from '../protocol/admin/source-view.ts';
import type { ErrorBody } from '../protocol/control.ts';
import type { PushReport } from '../sources/push.ts';
import type { StepResult } from '../sources/source-check.ts';

interface OrderHead {
  readonly settings: SourceSettings;
  readonly dataDirectory: string;
}

export interface SyncOrder extends OrderHead {
  readonly task: 'sync';
  readonly trigger: 'schedule' | 'command';
  readonly dryRun: boolean;
  readonly retryRefused: boolean;
}

export interface CheckOrder extends OrderHead {
  readonly task: 'check';
}

export interface PushOrder extends OrderHead {
  readonly task: 'push';
  readonly model: string;
  readonly version: string | undefined;
}

/** The first line on the process's standard input. When its input ends, it stops. */
export type SourceOrder = SyncOrder | CheckOrder | PushOrder;

/** What each task gives. */
export interface TaskResults {
  readonly sync: SyncReportView;
  readonly check: readonly StepResult[];
  readonly push: PushReport;
}

export interface TaskProgress {
  /** For people: `Fetching iris`. */
  readonly step: string;
  readonly doneBytes: number;
  /** 0 where it cannot be measured. */
  readonly totalBytes: number;
}

export type SyncMessage =
  | { readonly type: 'progress'; readonly progress: TaskProgress }
  | { readonly type: 'event'; readonly event: NewHostEvent }
  | { readonly type: 'done'; readonly result: TaskResults[keyof TaskResults] }
  /** It did not come to a result: the source is busy, the memory cannot be opened, a push was refused. */
  | { readonly type: 'failed'; readonly error: ErrorBody };
