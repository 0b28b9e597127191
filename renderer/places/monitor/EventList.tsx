/** Events as sentences, newest first; `more` says how many others one stands for. */
import type { HostEvent } from '../../../server/protocol/admin/host-event.ts';
import { StateBadge } from '../../components/StateBadge.tsx';
import { Time } from '../../components/Time.tsx';
import { severityWords } from '../../components/state-words.ts';
import { t } from '../../texts/t.ts';
import styles from './EventList.module.css';

interface EventListProps {
  readonly events: readonly (HostEvent & { readonly more?: number })[];
  /** Two lines of each at most, for a glance. */
  readonly isShort?: boolean;
}

export function EventList({ events, isShort = false }: EventListProps) {
  return (
    <ol aria-label={t('events.list')}>
      {events.map(({ id, at, severity, sentence, hint, more = 0 }) => (
        <li key={id} className={styles.event}>
          <Time iso={at} />
          <StateBadge state={severityWords[severity]} />
          <div className={styles.words}>
            <div className={isShort ? styles.glance : undefined} translate="no">
              {sentence}
              {hint !== undefined && <span className={styles.hint}> {hint}</span>}
            </div>
            {more > 0 && <span className={styles.more}>{t('events.more', { count: more })}</span>}
          </div>
        </li>
      ))}
    </ol>
  );
}
