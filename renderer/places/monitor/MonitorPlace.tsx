/** Monitor: charts, the copies, load tests, the events, and the raw log. */
import { Suspense } from 'react';
import { Cpu } from 'lucide-react';
import { Card } from '../../components/Card.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { LinkTabs } from '../../components/LinkTabs.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { Waiting } from '../../frame/Waiting.tsx';
import { useModels } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { ChartsTab, LoadTestTab } from '../lazy-places.ts';
import { CopiesTable } from './CopiesTable.tsx';
import { EventsTab } from './EventsTab.tsx';
import { LogTab } from './LogTab.tsx';

const tabs = ['charts', 'copies', 'load', 'events', 'log'] as const;

export function MonitorPlace({ tab = 'charts' }: { readonly tab?: string | undefined }) {
  const pathOf = (each: string): string => (each === 'charts' ? '/monitor' : `/monitor/${each}`);
  return (
    <>
      <PageHead title={t('place.monitor')} lead={t('monitor.lead')} />
      <LinkTabs
        label={t('monitor.tabs')}
        current={pathOf(tab)}
        tabs={tabs.map((each) => ({ path: pathOf(each), text: t(`monitor.${each}`) }))}
      />
      {tab === 'copies' ? (
        <CopiesTab />
      ) : tab === 'events' ? (
        <EventsTab />
      ) : tab === 'log' ? (
        <LogTab />
      ) : tab === 'load' ? (
        <Suspense fallback={<Waiting />}>
          <LoadTestTab />
        </Suspense>
      ) : (
        <Suspense fallback={<Waiting />}>
          <ChartsTab />
        </Suspense>
      )}
    </>
  );
}

function CopiesTab() {
  const models = useModels();
  const isAny = models.some(({ versions }) => versions.some(({ replicas }) => replicas.length > 0));
  return (
    <Card isFlush>
      {isAny ? (
        <CopiesTable models={models} />
      ) : (
        <EmptyState icon={Cpu} title={t('copies.none')}>
          {t('copies.noneHint')}
        </EmptyState>
      )}
    </Card>
  );
}
