/** The events of Home: what needs no person stands in one line per model, so that it does not crowd out what does. Pure. */
import type { HostEvent } from '../../../server/protocol/admin/host-event.ts';

export interface GroupedEvent extends HostEvent {
  /** Others that it stands for. */
  readonly more: number;
}

/** Told again and again while all is well: how many copies there should be, and that they are there. */
const routineKinds: ReadonlySet<HostEvent['kind']> = new Set(['scaling', 'replica']);

/** Newest first, as they come. Routine of one model and kind is the newest of its kind, in its place. */
export function groupEvents(events: readonly HostEvent[]): GroupedEvent[] {
  const groups = new Map<string, GroupedEvent>();
  for (const event of events) {
    const isRoutine = event.severity === 'info' && routineKinds.has(event.kind);
    const key = isRoutine ? `${event.kind} ${event.model ?? ''}` : String(event.id);
    const known = groups.get(key);
    groups.set(key, known === undefined ? { ...event, more: 0 } : { ...known, more: known.more + 1 });
  }
  return [...groups.values()];
}
