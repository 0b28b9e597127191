/** The cache of one model version, from its settings and its files: what ServedModel puts before its dispatcher. */
import type { Config } from '../config.ts';
import type { ModelStatistics } from '../metrics/model-statistics.ts';
import type { FileDigests } from '../models/file-digests.ts';
import type { ModelEntry, ModelVersion } from '../models/repository.ts';
import type { ModelFacts } from '../protocol/tensors.ts';
import { CachedModel } from './cached-model.ts';
import type { AnswerStore, Run } from './cached-model.ts';
import { VersionIdentity, remoteIdentity } from './version-identity.ts';

export interface ModelCacheOptions {
  readonly entry: ModelEntry;
  /** Undefined for a model that only remote servers answer. */
  readonly version: ModelVersion | undefined;
  readonly config: Config;
  /** Undefined where the host saves no answers. */
  readonly answers: AnswerStore | undefined;
  readonly digests: FileDigests;
}

export class ModelCache extends CachedModel {
  readonly #identity: VersionIdentity | undefined;
  /** False once a replica found that the model answers one question in two ways. */
  #repeats = true;

  constructor(
    options: ModelCacheOptions,
    model: { readonly statistics: ModelStatistics; readonly facts: ModelFacts | undefined },
    run: Run,
  ) {
    const { entry, version, config, answers, digests } = options;
    const { cache, upstreams } = entry.manifest;
    const isEnabled = answers !== undefined && cache?.enabled !== false;
    // Reading gigabytes for a digest that nobody asks for would be a waste.
    const identity = version && isEnabled ? new VersionIdentity(version.modelPath, digests) : undefined;
    const elsewhere = upstreams.length === 0 ? '' : remoteIdentity(entry.name, upstreams);
    super({
      name: entry.name,
      settings: {
        isEnabled,
        ttlSeconds: cache?.ttlSeconds ?? config.cache.ttlSeconds,
        hasRemotes: upstreams.length > 0,
        allowsRemotes: cache?.enabled === true,
      },
      store: answers,
      statistics: () => model.statistics,
      facts: () => model.facts,
      digest: () => {
        const own = version === undefined ? '' : identity?.digest;
        return own === undefined ? undefined : own + elsewhere;
      },
      obstacle: () => {
        if (identity?.changed === true) return 'changed';
        return this.#repeats ? undefined : 'random';
      },
      run,
    });
    this.#identity = identity;
  }

  /** A replica has read the model's files and tried it. */
  onLoaded(repeats: boolean): void {
    this.#repeats &&= repeats;
    void this.#identity?.onLoaded();
  }
}
