/** Events with a search and a filter by how serious they are. */
import { ScrollText, SearchX } from 'lucide-react';
import { useState } from 'react';
import type { HostEvent } from '../../../server/protocol/admin/host-event.ts';
import { Card } from '../../components/Card.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { useLive } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { EventList } from './EventList.tsx';
import styles from './EventsTab.module.css';

const filters = ['all', 'attention', 'failure'] as const;
type Filter = (typeof filters)[number];

export function EventsTab() {
  const events = useLive((state) => state.events);
  const [typed, setTyped] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const shown = events.filter((event) => isShown(event, filter) && hasWords(event, typed));
  return (
    <Card isFlush>
      <div className={styles.tools}>
        <input
          type="search"
          className={styles.search}
          placeholder={t('events.search')}
          aria-label={t('events.search')}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <SegmentedChoice
          label={t('events.severity')}
          value={filter}
          options={filters.map((each) => ({ value: each, text: t(`events.${each}`) }))}
          onChange={setFilter}
        />
      </div>
      {events.length === 0 ? (
        <EmptyState icon={ScrollText} title={t('events.none')}>
          {t('events.noneHint')}
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState icon={SearchX} title={t('events.noMatch')} />
      ) : (
        <EventList events={shown} />
      )}
    </Card>
  );
}

function isShown({ severity }: HostEvent, filter: Filter): boolean {
  return filter === 'all' || severity === filter || (filter === 'attention' && severity === 'failure');
}

function hasWords({ sentence, model = '', hint = '' }: HostEvent, typed: string): boolean {
  const text = `${sentence} ${model} ${hint}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
