/** Follows the host by its live stream, as the GUI does and with the same files: for the tray and for what a person must be told. */
import { keepLive } from '../renderer/live/live-connection.ts';
import type { LiveSink } from '../renderer/live/live-connection.ts';
import { applyMessage, initialState } from '../renderer/live/live-state.ts';
import type { LiveState } from '../renderer/live/live-state.ts';
import type { LiveMessage } from '../server/protocol/admin/live-message.ts';
import type { HostAddress } from '../server/launch/host-keeper.ts';

export interface WatchParts {
  address(): HostAddress | undefined;
  onChange(state: LiveState): void;
  /** Every two seconds while a host that was heard is silent; for how long it has been, milliseconds. */
  onSilence(silentMs: number): void;
}

const silenceStepMs = 2000;

export class HostWatch implements LiveSink {
  readonly #parts: WatchParts;
  state: LiveState = initialState;
  #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Connects at once, also where it is connected or waits for its next attempt. */
  connect(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    void keepLive(this, this.#abort.signal, (headers, signal) => {
      const address = this.#parts.address();
      if (address === undefined) return Promise.reject(new Error('No host runs.'));
      const all = { ...headers, Authorization: `Bearer ${address.adminToken}` };
      return fetch(`${address.adminUrl}/api/v1/live`, { headers: all, signal });
    });
  }

  stop(): void {
    this.#abort.abort();
    clearInterval(this.#timer);
  }

  apply(message: LiveMessage, nowMs: number): void {
    this.#change(applyMessage(this.state, message, nowMs));
  }

  setConnection(connection: LiveState['connection']): void {
    if (connection !== this.state.connection) this.#change({ ...this.state, connection });
  }

  #change(state: LiveState): void {
    const wasLive = this.state.connection === 'live';
    this.state = state;
    if (state.connection === 'live') clearInterval(this.#timer);
    else if (wasLive) {
      let steps = 0;
      this.#timer = setInterval(() => this.#parts.onSilence(++steps * silenceStepMs), silenceStepMs);
    }
    this.#parts.onChange(state);
  }
}
