/**
 * Keeps the live stream open: connects, hands every message to the store, connects again after a gap and says in between
 * that the host is gone. A fetch and not an EventSource, because only a fetch tells a refusal from silence.
 */
import type { LiveMessage } from '../../server/protocol/admin/live-message.ts';
import { EventStreamReader } from './event-stream.ts';
import type { LiveState } from './live-state.ts';

/** Pauses between attempts, milliseconds: a restarted host is seen within a second, a stopped one is not hammered. */
const retryMs = [250, 500, 1000, 2000, 3000];
/** The host sends a sign of life every 15 s; after twice that the connection is taken for dead, milliseconds. */
const silenceMs = 32_000;

/** Who is told: the page's store, or the desktop shell. */
export interface LiveSink {
  readonly state: Pick<LiveState, 'connection'>;
  apply(message: LiveMessage, nowMs: number): void;
  setConnection(connection: LiveState['connection']): void;
}

type OpenLive = (headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Response>;

const openFromPage: OpenLive = (headers, signal) => fetch('/api/v1/live', { headers, signal });

let endPause = (): void => {};

/** Ends the pause before the next attempt: a host is known to be there. */
export function connectNow(): void {
  endPause();
}

/** Runs until `signal` aborts. */
export async function keepLive(store: LiveSink, signal: AbortSignal, open: OpenLive = openFromPage): Promise<void> {
  let attempt = 0;
  let lastId: string | undefined;
  while (!signal.aborted) {
    const attemptAbort = new AbortController();
    const forward = (): void => attemptAbort.abort();
    signal.addEventListener('abort', forward);
    try {
      for await (const event of readLive(lastId, attemptAbort, open)) {
        attempt = 0;
        lastId = event.id;
        store.apply(event.message, Date.now());
      }
    } catch (error) {
      if (error instanceof SignedOut) {
        store.setConnection('signed-out');
        lastId = undefined;
      }
    } finally {
      attemptAbort.abort();
      signal.removeEventListener('abort', forward);
    }
    if (signal.aborted) return;
    if (store.state.connection !== 'signed-out') store.setConnection('gone');
    await pause(retryMs[Math.min(attempt, retryMs.length - 1)]!, signal);
    attempt += 1;
  }
}

class SignedOut extends Error {}

async function* readLive(
  lastId: string | undefined,
  abort: AbortController,
  open: OpenLive,
): AsyncGenerator<{ readonly message: LiveMessage; readonly id: string | undefined }> {
  let timer = setTimeout(() => abort.abort(), silenceMs);
  try {
    const headers = { Accept: 'text/event-stream', ...(lastId !== undefined && { 'Last-Event-ID': lastId }) };
    const response = await open(headers, abort.signal);
    if (response.status === 401 || response.status === 403) throw new SignedOut();
    if (!response.ok || response.body === null) throw new Error(`The live stream answered ${response.status}.`);
    const reader = new EventStreamReader();
    const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await pieces.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), silenceMs);
      for (const { type, data, id } of reader.read(value)) {
        if (type === 'snapshot' || type === 'delta') yield { message: parseMessage(type, data), id };
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** The type is the event's name; a host may leave it out of the data. */
function parseMessage(type: LiveMessage['type'], data: string): LiveMessage {
  return { ...(JSON.parse(data) as LiveMessage), type } as LiveMessage;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    endPause = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', endPause);
  });
}
