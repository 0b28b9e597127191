/** What the GUI knows of the host, and how a message of the live stream changes it. Pure; live-store.ts keeps it. */
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';
import type { HostView, ModelView } from '../../server/protocol/admin/host-view.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import type { LiveDelta, LiveMessage } from '../../server/protocol/admin/live-message.ts';

/**
 * `connecting`: nothing heard yet; `live`; `gone`: the host does not answer, what is shown is the last that was heard;
 * `signed-out`: the host answers and does not know this browser.
 */
export type Connection = 'connecting' | 'live' | 'gone' | 'signed-out';

export interface LiveState {
  readonly connection: Connection;
  /** Undefined until the first snapshot. */
  readonly host: HostView | undefined;
  /** Newest first. */
  readonly jobs: readonly JobView[];
  /** Newest first. */
  readonly events: readonly HostEvent[];
  /** When the host was last heard, milliseconds since 1970. */
  readonly heardAt: number | undefined;
}

/** What the browser keeps of events and of jobs; older ones are asked for by page. */
export const keptEvents = 500;
export const keptJobs = 50;

export const initialState: LiveState = {
  connection: 'connecting',
  host: undefined,
  jobs: [],
  events: [],
  heardAt: undefined,
};

/** The state after a message. Parts that did not change stay the same objects, so that views of them are not drawn again. */
export function applyMessage(state: LiveState, message: LiveMessage, nowMs: number): LiveState {
  if (message.type === 'snapshot') {
    const { host, jobs, events } = message;
    return { connection: 'live', host, jobs, events: events.slice(0, keptEvents), heardAt: nowMs };
  }
  return {
    connection: 'live',
    host: state.host === undefined ? undefined : applyToHost(state.host, message),
    jobs: mergeJobs(state.jobs, message.jobs),
    events: mergeEvents(state.events, message.events),
    heardAt: nowMs,
  };
}

function applyToHost(host: HostView, { host: changes, models }: LiveDelta): HostView {
  if (changes === undefined && models === undefined) return host;
  return { ...host, ...changes, models: models === undefined ? host.models : mergeModels(host.models, models) };
}

function mergeModels(
  known: readonly ModelView[],
  changes: Readonly<Record<string, ModelView | null>>,
): HostView['models'] {
  const byName = new Map(known.map((model) => [model.name, model]));
  for (const [name, model] of Object.entries(changes)) {
    if (model === null) byName.delete(name);
    else byName.set(name, model);
  }
  return [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function mergeJobs(known: readonly JobView[], changed: readonly JobView[] | undefined): readonly JobView[] {
  if (changed === undefined || changed.length === 0) return known;
  const byId = new Map(known.map((job) => [job.id, job]));
  for (const job of changed) byId.set(job.id, job);
  return [...byId.values()].toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1)).slice(0, keptJobs);
}

function mergeEvents(known: readonly HostEvent[], added: readonly HostEvent[] | undefined): readonly HostEvent[] {
  if (added === undefined || added.length === 0) return known;
  const byId = new Map([...known, ...added].map((event) => [event.id, event]));
  return [...byId.values()].toSorted((a, b) => b.id - a.id).slice(0, keptEvents);
}
