/** Which models are served under which names: a set of deployments that commands change while it is asked. */
import { MillraceError } from '../base/errors.ts';
import type { GatewayModel, ModelCatalog } from '../gateway/model-catalog.ts';
import type { Deployment } from './deployment.ts';
import type { ServedModel } from './served-model.ts';

export class Catalog implements ModelCatalog {
  readonly #deployments = new Map<string, Deployment>();
  /** By name. */
  #sorted: readonly Deployment[] = [];

  /** Throws `unknown-model` or `unknown-version`, in the words that Triton's tests look for. */
  find(name: string, version: string | undefined): GatewayModel {
    const deployment = this.deployment(name);
    return version === undefined ? deployment : deployment.find(version);
  }

  /** Throws `unknown-model`. */
  deployment(name: string): Deployment {
    const found = this.#deployments.get(name);
    if (found !== undefined) return found;
    throw new MillraceError('unknown-model', `Request for unknown model: '${name}' is not found`, {
      hint: `Served are: ${
        this.#sorted
          .map((each) => each.name)
          .slice(0, 20)
          .join(', ') || 'none'
      }.`,
    });
  }

  get(name: string): Deployment | undefined {
    return this.#deployments.get(name);
  }

  /** Every version in service, by name, then by version. */
  list(): readonly ServedModel[] {
    return this.#sorted.flatMap((deployment) => deployment.versions);
  }

  models(): readonly Deployment[] {
    return this.#sorted;
  }

  add(deployment: Deployment): void {
    this.#deployments.set(deployment.name, deployment);
    this.#sort();
  }

  remove(name: string): void {
    this.#deployments.delete(name);
    this.#sort();
  }

  #sort(): void {
    this.#sorted = [...this.#deployments.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
