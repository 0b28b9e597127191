/**
 * nginx's passive health check as an UpstreamHealth: `max_fails` failures put an upstream out for `fail_timeout`, after which
 * one live request is the probe. For those who bring an nginx configuration; health.ts judges finer.
 *
 * Source: nginx src/http/ngx_http_upstream_round_robin.c, without its rounding to whole seconds, which clears the count
 * when the first request of a second succeeds. As there, a lone upstream is never out: `mayEject` is false for it.
 */

import type { HealthState, TryVerdict, UpstreamHealth } from './health.ts';

export class MaxFailsHealth implements UpstreamHealth {
  readonly #maxFails: number;
  readonly #failTimeoutMs: number;
  #fails = 0;
  #lastFailureMs = Number.NEGATIVE_INFINITY;
  /** When a failure last happened or a request last went out after a quiet fail_timeout. */
  #checkedMs = Number.NEGATIVE_INFINITY;

  /** Defaults are nginx's: 1 failure, 10 s. `maxFails` 0 never takes the upstream out. */
  constructor(maxFails = 1, failTimeoutMs = 10_000) {
    this.#maxFails = maxFails;
    this.#failTimeoutMs = failTimeoutMs;
  }

  state(nowMs: number): HealthState {
    if (this.#maxFails === 0 || this.#fails < this.#maxFails) return 'closed';
    return nowMs - this.#checkedMs <= this.#failTimeoutMs ? 'open' : 'half-open';
  }

  mayReceive(nowMs: number): boolean {
    return this.state(nowMs) !== 'open';
  }

  /** Tickets are all 0: nginx lets any verdict count. */
  begin(nowMs: number): number {
    if (nowMs - this.#checkedMs > this.#failTimeoutMs) this.#checkedMs = nowMs;
    return 0;
  }

  end(_ticket: number, verdict: TryVerdict, nowMs: number, mayEject: boolean): void {
    if (verdict === 'no-verdict') return;
    if (verdict !== 'success') {
      this.#fails = mayEject ? this.#fails + 1 : 0;
      this.#lastFailureMs = nowMs;
      this.#checkedMs = nowMs;
    } else if (this.#lastFailureMs < this.#checkedMs) {
      this.#fails = 0;
    }
  }

  /** nginx has no active checks. */
  onCheck(): void {}

  /** nginx has no slow start. */
  weightFactor(): number {
    return 1;
  }

  concurrencyCap(): number {
    return Number.POSITIVE_INFINITY;
  }
}
