/** The one place for what concerns the whole page: the host is gone, or does not know this browser. */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { DesktopBanner } from '../desktop/DesktopBanner.tsx';
import { desktop, desktopView, subscribeDesktop } from '../desktop/desktop.ts';
import { Notice } from '../components/Notice.tsx';
import { nowMs, timeText } from '../format/format.ts';
import { useLive } from '../live/use-live.ts';
import { t } from '../texts/t.ts';
import styles from './Banner.module.css';

/** A restart is over sooner than this and needs no words, milliseconds. */
const patienceMs = 700;

export function Banner() {
  const connection = useLive((state) => state.connection);
  const heardAt = useLive((state) => state.heardAt);
  const [isDue, setDue] = useState(false);
  const hasWords = useSyncExternalStore(subscribeDesktop, desktopView)?.host.kind !== 'running';
  useEffect(() => {
    if (connection !== 'gone') {
      setDue(false);
      return undefined;
    }
    const timer = setTimeout(() => setDue(true), patienceMs);
    return () => clearTimeout(timer);
  }, [connection]);
  if (connection !== 'gone' || !isDue) return null;
  // The window knows more of a host that does not run than this page.
  if (desktop !== undefined && hasWords)
    return (
      <div className={styles.banner}>
        <DesktopBanner />
      </div>
    );
  const since = heardAt === undefined ? '' : timeText(new Date(heardAt).toISOString(), nowMs());
  return (
    <div className={styles.banner}>
      <Notice tone="action" title={heardAt === undefined ? t('banner.never') : t('banner.gone', { time: since })}>
        {t('banner.goneHint')}
      </Notice>
    </div>
  );
}
