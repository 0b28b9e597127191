/** The frame around every place, and which place an address shows. */
import { Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { ActivityDrawer } from './frame/ActivityDrawer.tsx';
import { Banner } from './frame/Banner.tsx';
import { CommandPalette } from './frame/CommandPalette.tsx';
import { ErrorBoundary } from './frame/ErrorBoundary.tsx';
import { Rail } from './frame/Rail.tsx';
import { SignedOut } from './frame/SignedOut.tsx';
import { StatusStrip } from './frame/StatusStrip.tsx';
import { Waiting } from './frame/Waiting.tsx';
import { useShortcuts } from './frame/use-shortcuts.ts';
import { useLive } from './live/use-live.ts';
import { HomePlace } from './places/home/HomePlace.tsx';
import {
  ConnectPlace,
  ModelPlace,
  ModelsPlace,
  MonitorPlace,
  SettingsPlace,
  SourcesPlace,
  TryPlace,
  WelcomePlace,
} from './places/lazy-places.ts';
import { DesktopLinks } from './desktop/DesktopLinks.tsx';
import { FileDrop } from './places/models/FileDrop.tsx';
import { isWelcomed } from './places/welcome/welcomed.ts';
import { t } from './texts/t.ts';
import styles from './App.module.css';

export function App() {
  const connection = useLive((state) => state.connection);
  const hasHost = useLive(({ host }) => host !== undefined);
  const [path] = useLocation();
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [isActivityOpen, setActivityOpen] = useState(false);
  const openPalette = useCallback(() => setPaletteOpen(true), []);
  useShortcuts(openPalette);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    // A new place begins at its top, and the focus goes with it, so that a screen reader reads on there.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
    main.current?.scrollTo(0, 0);
  }, [path]);
  if (connection === 'signed-out') return <SignedOut />;
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content" onClick={() => main.current?.focus()}>
        {t('frame.skip')}
      </a>
      <Rail />
      <main id="content" ref={main} tabIndex={-1} className={styles.main}>
        <Banner />
        <div className={styles.page}>
          <ErrorBoundary key={path}>{hasHost ? <Places /> : <Waiting />}</ErrorBoundary>
        </div>
      </main>
      <StatusStrip onOpenPalette={openPalette} onOpenActivity={() => setActivityOpen(true)} />
      <FileDrop />
      <DesktopLinks />
      <CommandPalette isOpen={isPaletteOpen} onClose={() => setPaletteOpen(false)} />
      <ActivityDrawer isOpen={isActivityOpen} onClose={() => setActivityOpen(false)} />
    </div>
  );
}

function Places() {
  return (
    <Suspense fallback={<Waiting />}>
      <Switch>
        <Route path="/">{isWelcomed() ? <HomePlace /> : <Redirect to="/welcome" replace />}</Route>
        <Route path="/welcome/:step?">{({ step }) => <WelcomePlace step={step} />}</Route>
        <Route path="/models">
          <ModelsPlace />
        </Route>
        <Route path="/models/import">
          <ModelsPlace isImporting />
        </Route>
        <Route path="/models/:name/:tab?">
          {({ name, tab }) => <ModelPlace name={decodeURIComponent(name)} tab={tab} />}
        </Route>
        <Route path="/try/:name?">
          {({ name }) => <TryPlace name={name === undefined ? undefined : decodeURIComponent(name)} />}
        </Route>
        <Route path="/connect/:tab?">{({ tab }) => <ConnectPlace tab={tab} />}</Route>
        <Route path="/monitor/:tab?">{({ tab }) => <MonitorPlace tab={tab} />}</Route>
        <Route path="/sources">
          <SourcesPlace />
        </Route>
        <Route path="/settings/:tab?">{({ tab }) => <SettingsPlace tab={tab} />}</Route>
        <Route>
          <Redirect to="/" replace />
        </Route>
      </Switch>
    </Suspense>
  );
}
