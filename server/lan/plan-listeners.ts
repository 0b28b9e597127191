/** Which addresses of this machine should listen for the network, given what is wanted and what it has. Pure. */
import type { LanWish, NetworkAddress } from '../protocol/admin/lan-view.ts';
import { isPublic } from './network-addresses.ts';

/** More interfaces than any machine that people sit at. */
const maxListeners = 32;

export function wantedAddresses(wish: LanWish, present: readonly NetworkAddress[]): NetworkAddress[] {
  if (!wish.on) return [];
  if (wish.addresses === 'private') return present.filter(({ kind }) => kind === 'private').slice(0, maxListeners);
  // Named ones are tried even where the system does not list them: an interface that comes back, or one more loopback address.
  return wish.addresses.map(
    (address) =>
      present.find((each) => each.address === address) ?? {
        address,
        interfaceName: '',
        kind: isPublic(address) ? 'public' : 'private',
      },
  );
}

export interface ListenerPlan {
  readonly open: readonly NetworkAddress[];
  /** Addresses to close. */
  readonly close: readonly string[];
}

/** What to do from what is open to what is wanted. */
export function planListeners(open: readonly string[], wanted: readonly NetworkAddress[]): ListenerPlan {
  const wantedSet = new Set(wanted.map(({ address }) => address));
  const openSet = new Set(open);
  return {
    open: wanted.filter(({ address }) => !openSet.has(address)),
    close: open.filter((address) => !wantedSet.has(address)),
  };
}
