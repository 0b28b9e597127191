/** What the admin API says of one replica. */
import type { Call } from '../balancer/call.ts';
import type { Replica } from '../cluster/replica.ts';
import type { ReplicaView } from '../protocol/admin/host-view.ts';

/** Undefined once its process has gone. */
export function replicaView(replica: Replica<Call>, nowMs: number): ReplicaView | undefined {
  const { state, lastExit } = replica;
  if (state === 'exited') return undefined;
  return {
    name: replica.name,
    pid: replica.pid,
    state: state === 'ready' && replica.isDrained ? drainedState(replica) : state,
    device: replica.device,
    inFlight: replica.inFlight,
    answered: replica.answered,
    rssBytes: coarse(replica.rssBytes),
    upSeconds: Math.round((nowMs - replica.startedMs) / 1000),
    restarts: replica.restarts,
    ...(lastExit !== undefined && { lastExit }),
  };
}

function drainedState({ inFlight }: Replica<Call>): ReplicaView['state'] {
  return inFlight > 0 ? 'draining' : 'drained';
}

/** To 100 kB: memory that breathes by a page is no news. */
export function coarse(bytes: number): number {
  return Math.round(bytes / 100_000) * 100_000;
}
