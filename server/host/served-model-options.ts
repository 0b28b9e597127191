/** What a served model version is made of, and what its replicas are told of it. */
import type { Log } from '../base/log.ts';
import type { Placement } from '../cluster/placement.ts';
import { cpuOnly } from '../cluster/replica-devices.ts';
import type { ReplicaDevices } from '../cluster/replica-devices.ts';
import type { ReplicaSetOptions } from '../cluster/replica-set-options.ts';
import type { ReplicaProcess } from '../cluster/spawn.ts';
import type { StartGate } from '../cluster/start-gate.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import { featureNamesOf, recipeOf, resolveRecipe } from '../protocol/resolved-recipe.ts';
import type { ResolvedRecipe } from '../protocol/resolved-recipe.ts';
import type { ModelFacts, Signature } from '../protocol/tensors.ts';
import type { ModelCacheOptions } from './model-cache.ts';

export interface ServedModelOptions extends ModelCacheOptions {
  readonly placement: Placement;
  readonly gate: StartGate;
  readonly log: Log;
  readonly exampleRow: readonly number[] | undefined;
  /** Default false. */
  readonly isStored?: boolean | undefined;
  /** What the version's record says of it, so that it can be described before it is loaded. */
  readonly known?: KnownVersion | undefined;
  /** Default: everything on the CPU. */
  readonly devices?: ReplicaDevices | undefined;
  spawn(): ReplicaProcess;
  /** Hears of its replicas, and that it is ready. */
  onEvent(event: NewHostEvent): void;
  /** A request waits and no replica is loaded. */
  onWanted?(): void;
  /** The last of its requests has been answered. */
  onQuiet?(): void;
  /** Replicas became ready, ended or were given up. */
  onChange?(): void;
}

/** From version.json; missing for a version in a plain folder. */
export interface KnownVersion {
  readonly signature: Signature;
  readonly maxBatchSize: number;
  readonly batching: string;
  /** SHA-256 of the contents. */
  readonly digest: string;
  /** Memory of the process that tried it. */
  readonly rssBytes: number;
}

/** A model that only remote servers answer has a set as well, which stays empty. */
export function replicaSetOptions(options: ServedModelOptions): ReplicaSetOptions {
  const { entry, placement, gate, devices, log } = options;
  const { name, manifest, labels } = entry;
  const version = options.version?.version ?? '1';
  return {
    name: `${name}/${version}`,
    weight: manifest.weight ?? 1,
    load: {
      name,
      version,
      modelPath: options.version?.modelPath ?? '',
      intraOpThreads: placement.threads,
      spinning: placement.spinning,
      maxBatchSize: manifest.maxBatchSize,
      maxBatchDelayMs: manifest.maxBatchDelayMs,
      labels,
      featureNames: featureNamesOf(manifest),
      recipe: recipeOf(manifest),
    },
    gate,
    devices: devices ?? cpuOnly,
    spawn: () => options.spawn(),
    onEvent: (event) => options.onEvent({ ...event, model: name }),
    log: (level, message, facts) => log[level](facts, message),
  };
}

/** What the gateway knows of it. */
export function factsOf(
  { entry, version }: ServedModelOptions,
  signature: Signature,
  maxBatchSize: number,
): ModelFacts {
  const { name, labels, manifest } = entry;
  return {
    name,
    version: version?.version ?? '1',
    signature,
    maxBatchSize,
    labels,
    featureNames: featureNamesOf(manifest),
    recipe: fittingRecipe(manifest, signature),
  };
}

/** One that does not fit is the replica's to refuse: it does not load. */
function fittingRecipe(
  manifest: ServedModelOptions['entry']['manifest'],
  signature: Signature,
): ResolvedRecipe | undefined {
  try {
    return resolveRecipe(recipeOf(manifest), signature);
  } catch {
    return undefined;
  }
}

/** Queue places per slot: about ten times what is being computed, more than that only waits to time out. */
const queuePerSlot = 10;
const minQueue = 128;

/** Calls that may wait, for as many replicas as it begins with. */
export function maxQueueOf({ entry, version, placement }: ServedModelOptions): number {
  const { maxQueue, maxBatchSize = 1 } = entry.manifest;
  const replicas = version === undefined ? 0 : placement.replicas;
  return maxQueue ?? Math.max(minQueue, queuePerSlot * replicas * maxBatchSize);
}
