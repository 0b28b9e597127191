/** Reads the live store from components. */
import { useSyncExternalStore } from 'react';
import type { HostView, ModelView } from '../../server/protocol/admin/host-view.ts';
import type { LiveState } from './live-state.ts';
import type { ReadingName } from './readings.ts';
import { liveStore } from './live-store.ts';

/** `select` must return the same value for the same state: a part of it, a number or a text, never a new object. */
export function useLive<T>(select: (state: LiveState) => T): T {
  return useSyncExternalStore(liveStore.subscribe, () => select(liveStore.state));
}

/** Undefined until the first snapshot. */
export function useHost(): HostView | undefined {
  return useLive(({ host }) => host);
}

export function useModel(name: string): ModelView | undefined {
  return useLive(({ host }) => host?.models.find((model) => model.name === name));
}

export function useModels(): readonly ModelView[] {
  return useLive(({ host }) => host?.models ?? noModels);
}

const noModels: readonly ModelView[] = [];

/** The last readings of a column, drawn anew each second. */
export function useSeries(name: ReadingName, model?: string, limit?: number): number[] {
  useSyncExternalStore(liveStore.subscribe, () => liveStore.samples);
  return liveStore.series(name, model, limit);
}
