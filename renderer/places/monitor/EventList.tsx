/** Events as sentences, newest first. */
import type { HostEvent } from '../../../server/protocol/admin/host-event.ts';
import { StateBadge } from '../../components/StateBadge.tsx';
import { Time } from '../../components/Time.tsx';
import { severityWords } from '../../components/state-words.ts';
import { t } from '../../texts/t.ts';
import styles from './EventList.module.css';

interface EventListProps {
  readonly events: readonly HostEvent[];
  /** Two lines of each at most, for a glance. */
  readonly isShort?: boolean;
}

export function EventList({ events, isShort = false }: EventListProps) {
  return (
    <ol aria-label={t('events.list')}>
      {events.map(({ id, at, severity, sentence, hint }) => (
        <li key={id} className={styles.event}>
          <Time iso={at} />
          <StateBadge state={severityWords[severity]} />
          <div className={isShort ? styles.glance : styles.words} translate="no">
            {sentence}
            {hint !== undefined && <span className={styles.hint}> {hint}</span>}
          </div>
        </li>
      ))}
    </ol>
  );
}
