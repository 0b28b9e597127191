/** Events with a search and a filter by how serious they are; older ones are asked for by page. */
import { ScrollText, SearchX } from 'lucide-react';
import { useState } from 'react';
import type { HostEvent } from '../../../server/protocol/admin/host-event.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { Toolbar } from '../../components/Toolbar.tsx';
import { useLive } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { EventList } from './EventList.tsx';
import { useOlderEvents } from './use-older-events.ts';
import styles from './EventsTab.module.css';

const filters = ['all', 'attention', 'failure'] as const;
type Filter = (typeof filters)[number];

export function EventsTab() {
  const events = useLive((state) => state.events);
  const [typed, setTyped] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const older = useOlderEvents();
  const all = [...events, ...older.events.filter(({ id }) => id < (events.at(-1)?.id ?? Number.POSITIVE_INFINITY))];
  const shown = all.filter((event) => isShown(event, filter) && hasWords(event, typed));
  return (
    <Card isFlush>
      <Toolbar isFlush>
        <SearchField label={t('events.search')} value={typed} onChange={setTyped} />
        <SegmentedChoice
          label={t('events.severity')}
          value={filter}
          options={filters.map((each) => ({ value: each, text: t(`events.${each}`) }))}
          onChange={setFilter}
        />
      </Toolbar>
      {events.length === 0 ? (
        <EmptyState icon={ScrollText} title={t('events.none')}>
          {t('events.noneHint')}
        </EmptyState>
      ) : shown.length === 0 ? (
        <EmptyState icon={SearchX} title={t('events.noMatch')} />
      ) : (
        <EventList events={shown} />
      )}
      {older.error !== undefined && <ErrorNotice error={older.error} />}
      {all.length > 0 && (
        <div className={styles.foot}>
          {older.isEnd ? (
            <p>{t('events.oldest')}</p>
          ) : (
            <Button disabled={older.isLoading} onClick={() => older.load(all.at(-1)!.id)}>
              {older.isLoading ? t('events.loading') : t('events.older')}
            </Button>
          )}
        </div>
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
