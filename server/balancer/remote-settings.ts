/**
 * What the owner of a model says about a remote server, in the balancer's own words. Structurally what models/manifest.ts parses; the
 * ranges and defaults are there. Types only.
 */

/** A failure after which another upstream is tried, in nginx's words for `proxy_next_upstream`. */
export type NextUpstreamFailure = 'error' | 'timeout' | 'http_500' | 'http_502' | 'http_503' | 'http_504';

export interface RemoteSettings {
  /** http or https, without credentials, query and fragment; a path is a prefix. */
  readonly url: string;
  /** Share beside the other upstreams, 0 to 1000; 0 takes it out. */
  readonly weight: number;
  /** Requests in flight at once, at least 1. */
  readonly slots: number;
  /** Name look-up, TCP and TLS together, milliseconds. */
  readonly connectTimeoutMs: number;
  /** Longest silence after that, milliseconds. */
  readonly readTimeoutMs: number;
  /** Idle connections kept open; 0 opens one for each request. */
  readonly keepalive: number;
  /** Set: judged as nginx does (max-fails-health.ts); 0 never ejects. Absent: judged by health.ts. */
  readonly maxFails?: number | undefined;
  /** Only with `maxFails`, milliseconds; default 10,000. */
  readonly failTimeoutMs?: number | undefined;
}
