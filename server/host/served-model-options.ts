/** What a served model version is made of. */
import type { Log } from '../base/log.ts';
import type { Placement } from '../cluster/placement.ts';
import type { ReplicaDevices } from '../cluster/replica-devices.ts';
import type { ReplicaProcess } from '../cluster/spawn.ts';
import type { StartGate } from '../cluster/start-gate.ts';
import type { Config } from '../config.ts';
import type { ModelEntry, ModelVersion } from '../models/repository.ts';
import type { Signature } from '../protocol/tensors.ts';

export interface ServedModelOptions {
  readonly entry: ModelEntry;
  /** Undefined for a model that only remote servers answer. */
  readonly version: ModelVersion | undefined;
  readonly placement: Placement;
  readonly config: Config;
  readonly gate: StartGate;
  readonly log: Log;
  readonly exampleRow: readonly number[] | undefined;
  /** What the version's record says of it, so that it can be described before it is loaded. */
  readonly known?: KnownVersion | undefined;
  /** Default: everything on the CPU. */
  readonly devices?: ReplicaDevices | undefined;
  spawn(): ReplicaProcess;
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
