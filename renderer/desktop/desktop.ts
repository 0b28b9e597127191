/**
 * The desktop window around this page, where there is one: what the shell says of itself and of the host, outside React. In a
 * browser all of it is absent and the page does without.
 */
import type { DesktopBridge, DesktopView } from '../../server/protocol/desktop-bridge.ts';
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
