/** The versions of a model, newest first: what each is and gets, and what can be done with it. */
import { Undo2 } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import type { ServingView } from '../../../server/protocol/admin/model-command.ts';
import { askApi } from '../../api/api-client.ts';
import { Button, ButtonLink } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { useJob } from '../../components/use-job.ts';
import { JobNotice } from '../../frame/JobNotice.tsx';
import { t } from '../../texts/t.ts';
import { RemovedVersions } from './RemovedVersions.tsx';
import { TestCasesCard } from './TestCasesCard.tsx';
import { ShadowCard } from './ShadowCard.tsx';
import { TrafficSplit } from './TrafficSplit.tsx';
import { VersionCard } from './VersionCard.tsx';
import { storedVersions } from './version-orders.ts';
import styles from './VersionList.module.css';

/** The differences of a shadow grow while one looks. */
const refreshMs = 3000;

export function VersionList({ model }: { readonly model: ModelView }) {
  const { name } = model;
  const path = `/models/${encodeURIComponent(name)}`;
  const [serving, setServing] = useState<ServingView>();
  const [error, setError] = useState<Error>();
  const started = useJob();
  const load = useCallback(() => {
    askApi<ServingView>('GET', `${path}/serving`).then((view) => {
      setServing(view);
      setError(undefined);
    }, setError);
  }, [path]);
  const jobState = started.job?.state;
  useEffect(() => {
    load();
    const timer = setInterval(load, refreshMs);
    return () => clearInterval(timer);
    // A job that ended has changed what is served.
  }, [load, jobState]);
  const versions = storedVersions(
    serving,
    model.versions.map(({ version }) => version),
  );
  const previous = serving?.previous[0];
  return (
    <div className={styles.stack}>
      {error !== undefined && <ErrorNotice error={error} />}
      <div className={styles.tools}>
        <ButtonLink to="/models/import">{t('versions.import')}</ButtonLink>
        {previous !== undefined && (
          <Button
            icon={<Undo2 aria-hidden="true" />}
            disabled={started.isRunning}
            onClick={() => started.start(`${path}/rollback`, {})}
          >
            {t('versions.rollback', { version: previous })}
          </Button>
        )}
        <Button
          disabled={started.isRunning}
          onClick={() => started.start(`${path}/${serving?.isUnloaded === true ? 'load' : 'unload'}`, {})}
        >
          {serving?.isUnloaded === true ? t('versions.load') : t('versions.unload')}
        </Button>
      </div>
      <JobNotice started={started} />
      <ol className={styles.versions}>
        {versions.map((version) => (
          <li key={version}>
            <Card>
              <VersionCard model={model} version={version} serving={serving} started={started} />
            </Card>
          </li>
        ))}
      </ol>
      <RemovedVersions name={name} started={started} />
      {serving?.shadow !== undefined && <ShadowCard shadow={serving.shadow} served={serving.served} />}
      <TestCasesCard model={name} isKept={model.keepsTestCases} />
      {serving !== undefined && versions.length > 1 && (
        <TrafficSplit
          key={JSON.stringify(serving.traffic)}
          name={name}
          versions={versions}
          serving={serving}
          started={started}
        />
      )}
    </div>
  );
}
