/** What changed between two states of the host, as the live stream tells it. Pure. */
import type { HostEvent } from '../protocol/admin/host-event.ts';
import type { HostView } from '../protocol/admin/host-view.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import type { LiveDelta } from '../protocol/admin/live-message.ts';

export interface LiveState {
  readonly host: HostView;
  /** Newest first. */
  readonly jobs: readonly JobView[];
  /** Newest first. */
  readonly events: readonly HostEvent[];
}

/**
 * Undefined where nothing did. What only counts the time, `upSeconds`, is no change: clients count on from what they have.
 * Jobs that are no longer kept and events that are no longer listed are not told: a client keeps as many as it likes.
 */
export function diffState(before: LiveState, after: LiveState): LiveDelta | undefined {
  const host: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(after.host)) {
    if (name !== 'models' && name !== 'upSeconds' && !sameValue(before.host[name as keyof HostView], value)) {
      host[name] = value;
    }
  }
  const models: Record<string, HostView['models'][number] | null> = {};
  const known = new Map(before.host.models.map((model) => [model.name, model]));
  for (const model of after.host.models) {
    if (!sameValue(known.get(model.name), model)) models[model.name] = model;
    known.delete(model.name);
  }
  for (const name of known.keys()) models[name] = null;
  const jobsBefore = new Map(before.jobs.map((job) => [job.id, job]));
  const jobs = after.jobs.filter((job) => !sameValue(jobsBefore.get(job.id), job));
  const lastEvent = before.events[0]?.id ?? -1;
  const events = after.events.filter(({ id }) => id > lastEvent);
  const delta: LiveDelta = {
    type: 'delta',
    ...(Object.keys(host).length > 0 && { host }),
    ...(Object.keys(models).length > 0 && { models }),
    ...(jobs.length > 0 && { jobs }),
    ...(events.length > 0 && { events }),
  };
  return Object.keys(delta).length > 1 ? delta : undefined;
}

/** Deep equality of JSON values; a missing member equals an undefined one. */
function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((value, at) => sameValue(value, b[at]));
  if (Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const name in left) if (name !== 'upSeconds' && !sameValue(left[name], right[name])) return false;
  for (const name in right) if (!(name in left) && right[name] !== undefined && name !== 'upSeconds') return false;
  return true;
}
