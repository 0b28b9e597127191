/**
 * The desktop window around this page, where there is one: what the shell says of itself and of the host, outside React. In a
 * browser all of it is absent and the page does without.
 */
import type { DesktopBridge, DesktopView, SwitchName } from '../../server/protocol/desktop-bridge.ts';
import { connectNow } from '../live/live-connection.ts';
import { liveStore } from '../live/live-store.ts';

/** Undefined in a browser. */
export const desktop = (globalThis as { readonly millraceDesktop?: DesktopBridge }).millraceDesktop;

let view: DesktopView | undefined;
const listeners = new Set<() => void>();

function change(next: DesktopView): void {
  if (next.host.kind === 'running' && view?.host.kind !== 'running') {
    if (liveStore.state.connection === 'gone') liveStore.setConnection('connecting');
    connectNow();
  }
  view = next;
  for (const listener of listeners) listener();
}

desktop?.onView(change);
void desktop?.view().then(change);

/** Shown at once, and taken back where the shell cannot do it. */
export async function setSwitch(name: SwitchName, isOn: boolean): Promise<void> {
  const before = view;
  if (desktop === undefined || before === undefined) return;
  change({ ...before, switches: { ...before.switches, [name]: isOn } });
  try {
    change(await desktop.setSwitch(name, isOn));
  } catch (error) {
    change(before);
    throw error;
  }
}

export function desktopView(): DesktopView | undefined {
  return view;
}

/** A host is on its way: that none answers yet is no fault. */
export function isStarting(): boolean {
  return view?.host.kind === 'starting' || view?.host.kind === 'waiting';
}

export function subscribeDesktop(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
