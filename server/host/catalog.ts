/** Which models are served under which names and versions. */
import { MillraceError } from '../base/errors.ts';
import type { ModelCatalog } from '../gateway/model-catalog.ts';
import type { ServedModel } from './served-model.ts';

export class Catalog implements ModelCatalog {
  readonly #models: readonly ServedModel[];
  readonly #byName = new Map<string, ServedModel[]>();

  /** Sorted by name; of one name the version served by default comes last. */
  constructor(models: readonly ServedModel[]) {
    this.#models = models;
    for (const model of models) {
      const versions = this.#byName.get(model.name) ?? [];
      this.#byName.set(model.name, [...versions, model]);
    }
  }

  /** Throws `unknown-model` or `unknown-version`, in the words that Triton's tests look for. */
  find(name: string, version: string | undefined): ServedModel {
    const versions = this.#byName.get(name);
    if (versions === undefined) {
      throw new MillraceError('unknown-model', `Request for unknown model: '${name}' is not found`, {
        hint: `Served are: ${[...this.#byName.keys()].slice(0, 20).join(', ') || 'none'}.`,
      });
    }
    const found = version === undefined ? versions.at(-1) : versions.find((model) => model.version === version);
    if (found === undefined) {
      throw new MillraceError(
        'unknown-version',
        `Request for unknown model: '${name}' version ${version} is not found`,
        {
          hint: `Served versions are: ${versions.map((model) => model.version).join(', ')}.`,
        },
      );
    }
    return found;
  }

  list(): readonly ServedModel[] {
    return this.#models;
  }
}
