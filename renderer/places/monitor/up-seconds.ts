/** How long a copy has been up: the host tells it when something else of the copy changes, and the page counts on. */
import type { ReplicaView } from '../../../server/protocol/admin/host-view.ts';

const toldAtMs = new WeakMap<ReplicaView, number>();

export function upSecondsNow(copy: ReplicaView, nowMs: number): number {
  let told = toldAtMs.get(copy);
  if (told === undefined) toldAtMs.set(copy, (told = nowMs));
  return copy.upSeconds + Math.floor((nowMs - told) / 1000);
}
