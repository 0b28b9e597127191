/** The live stream as a route: server-sent events over one long answer. */
import { MillraceError } from '../base/errors.ts';
import type { LiveStream } from './live-stream.ts';
import { streamRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** Windows and tabs of one person, and a few scripts; the listener has 128 connections in all. */
const maxWatchers = 32;

export function liveRoutes(stream: LiveStream): AdminRoute[] {
  return [
    streamRoute({
      method: 'GET',
      path: '/live',
      noun: 'host',
      summary: 'Follow the state of the host: a snapshot, then what changes, once a second, as server-sent events',
      takes: undefined,
      gives: 'text/event-stream',
      headers: { 'Last-Event-ID': 'The id of the last message; what came after it is sent instead of a snapshot.' },
      serve({ request, response }) {
        if (stream.watchers >= maxWatchers) {
          throw new MillraceError('queue-full', `${maxWatchers} clients watch already.`, {
            hint: 'Close a window that shows Millrace.',
            retryable: true,
            retryAfterSeconds: 10,
          });
        }
        response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
        const lastEventId = request.headers['last-event-id'];
        const leave = stream.watch(
          {
            pendingBytes: () => response.writableLength,
            write: (text) => void response.write(text),
            drop: () => response.destroy(),
          },
          typeof lastEventId === 'string' ? lastEventId : undefined,
        );
        response.on('close', leave);
      },
    }),
  ];
}
