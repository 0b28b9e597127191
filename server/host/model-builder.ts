/** Builds served versions from what is in the library: settings, record, example and the machine's cores come together here. */
import { availableParallelism } from 'node:os';
import type { Log } from '../base/log.ts';
import type { DeviceBook } from '../cluster/device-book.ts';
import { planPlacement } from '../cluster/placement.ts';
import type { Placement } from '../cluster/placement.ts';
import type { ReplicaProcess } from '../cluster/spawn.ts';
import { StartGate } from '../cluster/start-gate.ts';
import type { Config } from '../config.ts';
import type { FileDigests } from '../models/file-digests.ts';
import type { ModelManifest } from '../models/manifest.ts';
import type { VersionRecord } from '../models/version-record.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { AnswerStore } from './cached-model.ts';
import type { Catalog } from './catalog.ts';
import { devicesOf } from './model-devices.ts';
import { readExampleRow } from './model-library.ts';
import type { LibraryModel, ModelLibrary } from './model-library.ts';
import type { Residency } from './residency.ts';
import { usableCores } from './scaling-book.ts';
import type { ScalingBook } from './scaling-book.ts';
import { ServedModel } from './served-model.ts';
import type { KnownVersion } from './served-model-options.ts';

export interface ModelBuilderOptions {
  readonly config: Config;
  readonly log: Log;
  readonly library: ModelLibrary;
  readonly catalog: Catalog;
  readonly residency: Residency;
  /** Models that are served from the start: each takes its share of the cores, as if all were built already. */
  readonly expected: readonly string[];
  readonly devices: DeviceBook;
  readonly book: ScalingBook;
  readonly physicalCores: number;
  /** Undefined where the host saves no answers. */
  readonly answers: AnswerStore | undefined;
  readonly digests: FileDigests;
  spawn(): ReplicaProcess;
  onEvent(event: NewHostEvent): void;
}

/** Replicas that may load at the same time. */
const concurrentStarts = 2;

export class ModelBuilder {
  readonly #options: ModelBuilderOptions;
  readonly #gate = new StartGate(concurrentStarts);

  constructor(options: ModelBuilderOptions) {
    this.#options = options;
  }

  /** `version` undefined: a model that only other servers answer. `settings` count before those of its files. */
  async build(
    model: LibraryModel,
    version: string | undefined,
    settings: Partial<ModelManifest>,
  ): Promise<ServedModel> {
    const { config, log, library, residency, devices, onEvent, spawn } = this.#options;
    const entry = version === undefined ? model.entry : await library.entryOf(model, version);
    const manifest = { ...entry.manifest, ...settings };
    const found = entry.versions.find((each) => each.version === version);
    const record = version === undefined ? undefined : await library.record(model, version);
    const served: ServedModel = new ServedModel({
      entry: { ...entry, manifest },
      version: found,
      placement: found === undefined ? nowhere(model.name) : this.#place(model.name, manifest),
      config,
      gate: this.#gate,
      log,
      exampleRow: await readExampleRow(found?.modelPath),
      isStored: model.isStored,
      known: record && knownFrom(record),
      devices: found && devicesOf({ model: model.name, version: found, manifest, config, book: devices, onEvent }),
      answers: this.#options.answers,
      digests: this.#options.digests,
      spawn,
      onEvent,
      onWanted: () => residency.look(),
      onQuiet: () => residency.onQuiet(),
      onChange: () => residency.look(),
    });
    return served;
  }

  #place(name: string, manifest: ModelManifest): Placement {
    const { config, catalog, expected, log, book, physicalCores } = this.#options;
    const settings = book.of(name, manifest);
    const { fixed, policy } = settings;
    const range =
      fixed === undefined
        ? { min: policy.min, max: policy.max, usableCores: usableCores(settings, physicalCores) }
        : undefined;
    const names = new Set([...expected, ...catalog.models().map((each) => each.name), name]);
    const requests = [...names].map((each) =>
      each === name
        ? { name, replicas: fixed, threads: manifest.threads ?? config.defaults.threads, range }
        : { name: each, replicas: undefined, threads: undefined },
    );
    const placement = planPlacement(requests, availableParallelism()).find((each) => each.name === name)!;
    if (placement.warning !== undefined) log.warn(placement.warning);
    return placement;
  }
}

function knownFrom({ trial, digest }: VersionRecord): KnownVersion {
  const { signature, maxBatchSize, batching, rssBytes } = trial;
  return { signature, maxBatchSize, batching, rssBytes, digest };
}

function nowhere(name: string): Placement {
  return { name, replicas: 0, threads: 1, spinning: false, warning: undefined };
}
