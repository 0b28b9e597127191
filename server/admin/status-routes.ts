/** The whole state of the host at once, for the command line and for scripts; the GUI follows the live stream. */
import { hostViewSchema } from '../protocol/admin/host-view.ts';
import type { HostView } from '../protocol/admin/host-view.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

export function statusRoutes(view: () => HostView): AdminRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/status',
      noun: 'host',
      summary: 'The host, its models and their replicas as they are now',
      answer: hostViewSchema,
      handle: () => view(),
    }),
  ];
}
