/** The strip that is always there: whether it serves, where, how much, how fast, and what it costs. */
import { ListTodo, Search } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { CopyButton } from '../components/CopyButton.tsx';
import { StateBadge } from '../components/StateBadge.tsx';
import { bytesText, durationText, formatNumber, rateText } from '../format/format.ts';
import { isStarting, subscribeDesktop } from '../desktop/desktop.ts';
import { countAllCopies, totalMemoryBytes } from '../live/readings.ts';
import { useHost, useLive } from '../live/use-live.ts';
import { t } from '../texts/t.ts';
import { servingState } from './serving-state.ts';
import styles from './StatusStrip.module.css';

interface StatusStripProps {
  onOpenPalette(): void;
  onOpenActivity(): void;
}

export function StatusStrip({ onOpenPalette, onOpenActivity }: StatusStripProps) {
  const host = useHost();
  const connection = useLive((state) => state.connection);
  const isComing = useSyncExternalStore(subscribeDesktop, isStarting);
  const running = useLive(({ jobs }) => jobs.filter(({ state }) => state === 'running').length);
  return (
    <footer className={styles.strip} aria-label={t('strip.label')}>
      <StateBadge state={servingState(isComing ? 'connecting' : connection, host)} />
      {host !== undefined && connection === 'live' && (
        <>
          <span className={styles.address}>
            <code translate="no">{host.inferenceUrl}</code>
            <CopyButton text={host.inferenceUrl} what={t('copy.address')} />
          </span>
          <dl className={styles.figures}>
            <StripFigure name={t('strip.requests')} value={rateText(host.traffic.requestsPerSecond)} />
            <StripFigure name={t('strip.p95')} value={durationText(host.traffic.p95Ms)} title={t('glossary.p95')} />
            <CopiesFigure />
            <StripFigure name={t('strip.memory')} value={bytesText(totalMemoryBytes(host))} isLast />
          </dl>
        </>
      )}
      <span className={styles.doors}>
        <button type="button" className={styles.door} onClick={onOpenActivity}>
          <ListTodo aria-hidden="true" />
          <span>{running > 0 ? t('strip.jobs', { count: running }) : t('strip.activity')}</span>
        </button>
        <button type="button" className={styles.door} onClick={onOpenPalette} aria-keyshortcuts="Control+K Meta+K">
          <Search aria-hidden="true" />
          <span>{t('strip.palette')}</span>
          <kbd translate="no">{isMac ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
      </span>
    </footer>
  );
}

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

function CopiesFigure() {
  const copies = countAllCopies(useHost()!.models);
  return (
    <StripFigure
      name={t('strip.copies')}
      value={t('strip.busyOf', { busy: formatNumber(copies.busy), ready: formatNumber(copies.ready) })}
      title={t('glossary.copy')}
    />
  );
}

interface StripFigureProps {
  readonly name: string;
  readonly value: string;
  readonly title?: string;
  readonly isLast?: boolean;
}

function StripFigure({ name, value, title, isLast = false }: StripFigureProps) {
  return (
    <div className={isLast ? styles.last : styles.figure} title={title}>
      <dt>{name}</dt>
      <dd translate="no">{value}</dd>
    </div>
  );
}
