/**
 * The scaling settings of each model, parsed once per manifest. A model whose settings are wrong runs with one copy and is
 * said so once: a misspelt limit must not run with that limit's default, and an answer is better than none.
 */
import { asMillraceError } from '../base/errors.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { ModelManifest } from '../models/manifest.ts';
import { parseScaling } from './scaling-settings.ts';
import type { ScalingSettings, WrittenScaling } from './scaling-settings.ts';

export class ScalingBook {
  /** Of models that say nothing. */
  readonly defaults: ScalingSettings;
  readonly #written: WrittenScaling['defaults'];
  readonly #onEvent: (event: NewHostEvent) => void;
  readonly #known = new WeakMap<ModelManifest, ScalingSettings>();

  /** Errors: `invalid-config` where `defaults` themselves are wrong. */
  constructor(written: WrittenScaling['defaults'], onEvent: (event: NewHostEvent) => void) {
    this.defaults = parseScaling({ defaults: written, manifest: undefined, where: 'defaults' });
    this.#written = written;
    this.#onEvent = onEvent;
  }

  of(model: string, manifest: ModelManifest): ScalingSettings {
    let settings = this.#known.get(manifest);
    if (settings === undefined) {
      settings = this.#parse(model, manifest);
      this.#known.set(manifest, settings);
    }
    return settings;
  }

  #parse(model: string, manifest: ModelManifest): ScalingSettings {
    try {
      return parseScaling({ defaults: this.#written, manifest, where: `${model}/millrace.json` });
    } catch (error) {
      const { message, hint } = asMillraceError(error);
      this.#onEvent({
        kind: 'settings',
        severity: 'failure',
        model,
        sentence: `${message} Until then ${model} runs with one copy.`,
        ...(hint !== undefined && { hint }),
      });
      return { ...this.defaults, fixed: 1 };
    }
  }
}

/** Cores that replicas of a model may use together, by its policy. */
export function usableCores({ policy }: ScalingSettings, physicalCores: number): number {
  return policy.ceilings.cpu ? Math.max(0, physicalCores - policy.ceilings.reservedCores) : physicalCores;
}
