/** All models in a table, what they take of the disk, and the way to bring another. */
import { Boxes, Plus, SearchX } from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import { Button, ButtonLink } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { Table } from '../../components/Table.tsx';
import type { Column } from '../../components/Table.tsx';
import { modelStateWords } from '../../components/state-words.ts';
import { SearchField } from '../../components/SearchField.tsx';
import { Toolbar } from '../../components/Toolbar.tsx';
import { bytesText, durationText, rateText } from '../../format/format.ts';
import { countCopies, diskBytes, modelMemoryBytes } from '../../live/readings.ts';
import { useHost } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { DropZone } from './DropZone.tsx';
import { ImportSheet } from './ImportSheet.tsx';
import { SavedAnswersCard } from './SavedAnswersCard.tsx';
import styles from './ModelsPlace.module.css';

export function ModelsPlace({ isImporting = false }: { readonly isImporting?: boolean }) {
  const host = useHost()!;
  const { models } = host;
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState('');
  const shown = models.filter(({ name }) => name.toLowerCase().includes(typed.trim().toLowerCase()));
  return (
    <>
      <PageHead
        title={t('place.models')}
        lead={t('models.lead', { count: models.length })}
        actions={
          <ButtonLink to="/models/import" look="primary" icon={<Plus aria-hidden="true" />}>
            {t('models.import')}
          </ButtonLink>
        }
      />
      <div className={styles.stack}>
        {models.length === 0 ? (
          <DropZone isLarge />
        ) : (
          <>
            <Card isFlush>
              {models.length > 5 && (
                <Toolbar isFlush>
                  <SearchField label={t('models.search')} value={typed} onChange={setTyped} />
                </Toolbar>
              )}
              {shown.length === 0 ? (
                <EmptyState
                  icon={SearchX}
                  title={t('models.noMatch', { typed })}
                  actions={<Button onClick={() => setTyped('')}>{t('models.clear')}</Button>}
                />
              ) : (
                <Table label={t('models.table')} columns={columns} rows={shown} rowKey={({ name }) => name} />
              )}
            </Card>
            <div className={styles.split}>
              <DropZone />
              <DiskUse models={models} />
            </div>
            <SavedAnswersCard host={host} />
          </>
        )}
      </div>
      <ImportSheet isOpen={isImporting} onClose={() => navigate('/models')} />
    </>
  );
}

const columns: readonly Column<ModelView>[] = [
  {
    key: 'name',
    head: t('models.name'),
    isRowHead: true,
    cell: ({ name, description }) => (
      <div className={styles.name} translate="no">
        <Link href={`/models/${encodeURIComponent(name)}`}>{name}</Link>
        {description !== undefined && <span className={styles.words}>{description}</span>}
      </div>
    ),
  },
  { key: 'state', head: t('models.state'), cell: ({ state }) => <StateBadge state={modelStateWords[state]} /> },
  {
    key: 'version',
    head: t('models.version'),
    isNumber: true,
    cell: ({ servedVersion }) => <span translate="no">{servedVersion}</span>,
  },
  {
    key: 'copies',
    head: t('models.copies'),
    isNumber: true,
    cell: (model) => {
      const { ready, wanted } = countCopies(model);
      return <span translate="no">{ready === wanted ? ready : t('models.readyOf', { ready, wanted })}</span>;
    },
  },
  {
    key: 'requests',
    head: t('models.requests'),
    isNumber: true,
    cell: ({ traffic }) => <span translate="no">{rateText(traffic.requestsPerSecond)}</span>,
  },
  {
    key: 'p95',
    head: t('models.p95'),
    isNumber: true,
    cell: ({ traffic }) => <span translate="no">{durationText(traffic.p95Ms)}</span>,
  },
  {
    key: 'memory',
    head: t('models.memory'),
    isNumber: true,
    cell: (model) => <span translate="no">{bytesText(modelMemoryBytes(model))}</span>,
  },
  {
    key: 'disk',
    head: t('models.disk'),
    isNumber: true,
    cell: (model) => <span translate="no">{bytesText(diskBytes(model))}</span>,
  },
];

function DiskUse({ models }: { readonly models: readonly ModelView[] }) {
  const total = models.reduce((sum, model) => sum + diskBytes(model), 0);
  const versions = models.reduce((sum, model) => sum + model.versions.length, 0);
  return (
    <section className={styles.disk} aria-label={t('models.diskTitle')}>
      <Boxes aria-hidden="true" />
      <p>
        <strong>{t('models.diskTitle')}</strong>{' '}
        {t('models.diskUse', { total: bytesText(total), versions: t('models.versions', { count: versions }) })}
      </p>
      <div className={styles.bar} aria-hidden="true" translate="no">
        {models.map((model) => (
          <span key={model.name} title={model.name} style={{ flexGrow: diskBytes(model) }} />
        ))}
      </div>
    </section>
  );
}
