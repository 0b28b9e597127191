/** A remote OIP server as an upstream. (Being written.) */
import type { NextUpstreamFailure, UpstreamSettings } from '../models/manifest.ts';
import type { Call } from './call.ts';
import type { Upstream, UpstreamEvents } from './upstream.ts';

export interface RemoteUpstreamOptions {
  readonly settings: UpstreamSettings;
  /** Name of the model, here and there. */
  readonly model: string;
  /** After which failures another upstream is tried. */
  readonly nextUpstream: readonly NextUpstreamFailure[];
}

export interface RemoteUpstreamEvents extends UpstreamEvents {
  /** Whether one more upstream may be taken out for its health. */
  mayEject(): boolean;
}

export class RemoteUpstream implements Upstream {
  readonly name: string;
  readonly weight: number;
  readonly slots: number;
  readonly inFlight = 0;
  readonly available = false;
  readonly alive = false;

  constructor(options: RemoteUpstreamOptions, _events: RemoteUpstreamEvents) {
    this.name = options.settings.url;
    this.weight = options.settings.weight;
    this.slots = options.settings.slots;
  }

  takes(_call: Call): boolean {
    return false;
  }

  send(_call: Call): void {}

  abandon(_call: Call): void {}

  calls(): Iterable<Call> {
    return [];
  }

  start(): void {}

  stop(): void {}
}
