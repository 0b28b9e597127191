/** Starts the GUI: theme, session, live stream, page. */
import '@fontsource-variable/inter/wght.css';
import './theme/tokens.css';
import './theme/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { openSession } from './api/session.ts';
import { keepLive } from './live/live-connection.ts';
import { liveStore } from './live/live-store.ts';
import { prefillSeries } from './live/prefill.ts';
import { loadAllPlaces } from './places/lazy-places.ts';
import { applyTheme, readTheme } from './theme/theme.ts';

applyTheme(readTheme());
createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
setInterval(() => liveStore.sample(Date.now()), 1000);
void start();

async function start(): Promise<void> {
  let isIn = false;
  try {
    isIn = await openSession();
  } catch {
    // No host answers. The stream goes on trying, and asks for the session again when one does.
    isIn = true;
  }
  if (isIn) {
    const leave = liveStore.subscribe(() => {
      if (liveStore.state.host === undefined) return;
      leave();
      void prefillSeries(liveStore).then(loadAllPlaces);
    });
    void keepLive(liveStore, new AbortController().signal);
  } else liveStore.setConnection('signed-out');
}
