/** The places that are loaded after the first view: each when it is opened, and all of them once the page is idle. */
import { lazy } from 'react';

const load = {
  connect: () => import('./connect/ConnectPlace.tsx'),
  model: () => import('./model/ModelPlace.tsx'),
  loadTest: () => import('./loadtest/LoadTestTab.tsx'),
  models: () => import('./models/ModelsPlace.tsx'),
  monitor: () => import('./monitor/MonitorPlace.tsx'),
  charts: () => import('./monitor/ChartsTab.tsx'),
  settings: () => import('./settings/SettingsPlace.tsx'),
  sources: () => import('./sources/SourcesPlace.tsx'),
  try: () => import('./try/TryPlace.tsx'),
  welcome: () => import('./welcome/WelcomePlace.tsx'),
};

export const ConnectPlace = lazy(() => load.connect().then((it) => ({ default: it.ConnectPlace })));
export const ModelPlace = lazy(() => load.model().then((it) => ({ default: it.ModelPlace })));
export const LoadTestTab = lazy(() => load.loadTest().then((it) => ({ default: it.LoadTestTab })));
export const ModelsPlace = lazy(() => load.models().then((it) => ({ default: it.ModelsPlace })));
export const MonitorPlace = lazy(() => load.monitor().then((it) => ({ default: it.MonitorPlace })));
export const ChartsTab = lazy(() => load.charts().then((it) => ({ default: it.ChartsTab })));
export const SettingsPlace = lazy(() => load.settings().then((it) => ({ default: it.SettingsPlace })));
export const SourcesPlace = lazy(() => load.sources().then((it) => ({ default: it.SourcesPlace })));
export const TryPlace = lazy(() => load.try().then((it) => ({ default: it.TryPlace })));
export const WelcomePlace = lazy(() => load.welcome().then((it) => ({ default: it.WelcomePlace })));

/** A place that was never opened must still open when the host that would send it has gone. */
export async function loadAllPlaces(): Promise<void> {
  for (const each of Object.values(load)) {
    try {
      await each();
    } catch {
      // The host has gone already; the place says so when it is opened.
    }
  }
}
