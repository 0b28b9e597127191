/** What a replica set is told when it is made. */
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { LoadCommand } from '../protocol/control.ts';
import type { ReplicaDevices } from './replica-devices.ts';
import type { ReplicaProcess } from './spawn.ts';
import type { StartGate } from './start-gate.ts';

export interface ReplicaSetOptions {
  /** Prefix of the slots' names: `<model>/<version>`. */
  readonly name: string;
  readonly weight: number;
  readonly load: LoadCommand;
  readonly gate: StartGate;
  /** Where replicas run. */
  readonly devices: ReplicaDevices;
  /** Starts a process and sees to it that it does not outlive the host. */
  spawn(): ReplicaProcess;
  log(level: 'info' | 'warn' | 'error', message: string, facts: Readonly<Record<string, unknown>>): void;
  /** Hears of replicas that became ready, died, or were given up. */
  onEvent(event: NewHostEvent): void;
}
