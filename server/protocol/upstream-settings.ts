/**
 * What the owner of a model says about another server that answers for it. The manifest parses it, the balancer goes by it. Types and one
 * list; ranges and defaults are in models/manifest.ts.
 */

export const nextUpstreamFailures = ['error', 'timeout', 'http_500', 'http_502', 'http_503', 'http_504'] as const;

/** A failure of an upstream after which the next one is tried, in nginx's words for `proxy_next_upstream`. */
export type NextUpstreamFailure = (typeof nextUpstreamFailures)[number];

/** Another server on the LAN that answers for this model beside the local replicas. */
export interface UpstreamSettings {
  /** http or https, without credentials, query and fragment; a path is a prefix. */
  readonly url: string;
  /** Share beside the other upstreams, 0 to 1000; 0 takes it out. Default 1. */
  readonly weight: number;
  /** Requests in flight at once, 1 to 10,000. Default 32: nginx's usual keepalive pool; enough to fill a batch there. */
  readonly slots: number;
  /** Name look-up, TCP and TLS together, 1 to 60,000. Default 500: on a LAN a connection takes 1 ms, and a lost SYN is sent again after 1 s. */
  readonly connectTimeoutMs: number;
  /** Longest silence after that, 1 to 3,600,000. Default 60,000, as nginx's `proxy_read_timeout`. */
  readonly readTimeoutMs: number;
  /** Idle connections kept open, 0 to 10,000; 0 opens one for each request. Default 32. */
  readonly keepalive: number;
  /** Failures within `failTimeoutMs` that eject it as nginx does, 0 to 1000; 0 never ejects. Absent: judged by balancer/health.ts. */
  readonly maxFails?: number | undefined;
  /** The window for `maxFails`, and how long it then stays out, 1 to 3,600,000. Default 10,000. */
  readonly failTimeoutMs?: number | undefined;
}
