/**
 * What `GET /api/v1/live` sends, once a second: server-sent events named after `type`, numbered by `id`.
 *
 * The first is a snapshot. Deltas hold what changed since the message before; `upSeconds` that only counts on is no
 * change. A client that comes back with `Last-Event-ID`
 * gets the deltas it missed, or a snapshot where they are no longer kept.
 */
import type { HostEvent } from './host-event.ts';
import type { HostView, ModelView } from './host-view.ts';
import type { JobView } from './job-view.ts';

export interface LiveSnapshot {
  readonly type: 'snapshot';
  readonly host: HostView;
  /** Running, and the last that ended; newest first. */
  readonly jobs: readonly JobView[];
  /** The latest, newest first. */
  readonly events: readonly HostEvent[];
}

export interface LiveDelta {
  readonly type: 'delta';
  /** Members of the host that changed, `models` aside. */
  readonly host?: Partial<Omit<HostView, 'models'>>;
  /** Models that changed or are new, whole; `null`: gone. */
  readonly models?: Readonly<Record<string, ModelView | null>>;
  readonly jobs?: readonly JobView[];
  readonly events?: readonly HostEvent[];
}

export type LiveMessage = LiveSnapshot | LiveDelta;
