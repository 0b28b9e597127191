/** Where the models come from, what in there is not served and why, and how to bring more. */
import { CircleCheck, FolderOpen, FolderSync, Plus } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import type { HostView } from '../../../server/protocol/admin/host-view.ts';
import type { SourceView } from '../../../server/protocol/admin/source-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorNotice, Notice } from '../../components/Notice.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { bytesText } from '../../format/format.ts';
import { diskBytes } from '../../live/readings.ts';
import { useHost } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { DropZone } from '../models/DropZone.tsx';
import { SourceCard } from './SourceCard.tsx';
import { SourceForm } from './SourceForm.tsx';
import styles from './SourcesPlace.module.css';

/** Syncs run by themselves; their end is shown within this time, milliseconds. */
const refreshMs = 5000;

export function SourcesPlace() {
  const host = useHost()!;
  const [sources, setSources] = useState<readonly SourceView[]>();
  const [error, setError] = useState<Error>();
  const [isAdding, setAdding] = useState(false);
  const load = useCallback(() => {
    askApi<readonly SourceView[]>('GET', '/sources').then((list) => {
      setSources(list);
      setError(undefined);
    }, setError);
  }, []);
  useEffect(() => {
    load();
    const timer = setInterval(load, refreshMs);
    return () => clearInterval(timer);
  }, [load]);
  return (
    <>
      <PageHead
        title={t('place.sources')}
        lead={t('sources.lead')}
        actions={
          !isAdding && (
            <Button look="primary" icon={<Plus aria-hidden="true" />} onClick={() => setAdding(true)}>
              {t('sources.new')}
            </Button>
          )
        }
      />
      <div className={styles.stack}>
        {error !== undefined && <ErrorNotice error={error} />}
        {isAdding && (
          <Card title={t('sources.new')}>
            <SourceForm
              onAdded={() => {
                setAdding(false);
                load();
              }}
              onCancel={() => setAdding(false)}
            />
          </Card>
        )}
        {sources !== undefined && (sources.length > 0 || !isAdding) && (
          <Card title={t('sources.list')}>
            {sources.length === 0 ? (
              <EmptyState icon={FolderSync} title={t('sources.none')}>
                {t('sources.noneHint')}
              </EmptyState>
            ) : (
              <ul className={styles.sources}>
                {sources.map((source) => (
                  <li key={source.settings.name}>
                    <SourceCard source={source} onChanged={load} />
                  </li>
                ))}
              </ul>
            )}
          </Card>
        )}
        <Card title={host.servesStore ? t('sources.store') : t('sources.folder')}>
          <FolderCard host={host} />
        </Card>
        <Card title={t('sources.problems')}>
          {host.problems.length === 0 ? (
            <p className={styles.good}>
              <CircleCheck aria-hidden="true" /> {t('sources.noProblems')}
            </p>
          ) : (
            <ul className={styles.problems}>
              {host.problems.map(({ subject, message, hint }) => (
                <li key={`${subject} ${message}`}>
                  <Notice
                    tone="attention"
                    title={
                      <span translate="no">
                        {subject}: {message}
                      </span>
                    }
                  >
                    <span translate="no">{hint}</span>
                  </Notice>
                </li>
              ))}
            </ul>
          )}
        </Card>
        <Card title={t('sources.bring')}>
          <div className={styles.bring}>
            <DropZone />
            <p>{t('sources.bringHint')}</p>
            <CommandHint command="npx millrace models import ./defects.onnx" />
          </div>
        </Card>
      </div>
    </>
  );
}

function FolderCard({ host: { modelsFolder, servesStore, models } }: { readonly host: HostView }) {
  const versions = models.reduce((sum, model) => sum + model.versions.length, 0);
  const size = models.reduce((sum, model) => sum + diskBytes(model), 0);
  return (
    <div className={styles.folder}>
      <FolderOpen aria-hidden="true" />
      <div className={styles.words}>
        <p className={styles.path}>
          <code translate="no">{modelsFolder}</code>
          <CopyButton text={modelsFolder} what={t('copy.path')} />
        </p>
        <p>{servesStore ? t('sources.storeHint') : t('sources.plainHint')}</p>
        <p className={styles.faint}>
          {t('sources.holds', {
            models: t('sources.models', { count: models.length }),
            versions: t('models.versions', { count: versions }),
            size: bytesText(size),
          })}
        </p>
      </div>
    </div>
  );
}
