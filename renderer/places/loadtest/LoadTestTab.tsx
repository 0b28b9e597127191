/** Load test: what to send, how it goes while it runs, and the report. The test itself is a job of the host. */
import { Gauge } from 'lucide-react';
import { useState } from 'react';
import type { JobView } from '../../../server/protocol/admin/job-view.ts';
import { Card } from '../../components/Card.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { Time } from '../../components/Time.tsx';
import { jobStateWords } from '../../components/state-words.ts';
import { useJob } from '../../components/use-job.ts';
import { JobCard } from '../../frame/ActivityDrawer.tsx';
import { useLive, useModels } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { LoadForm } from './LoadForm.tsx';
import { LoadDetails, LoadSummary } from './LoadReport.tsx';
import { LoadWatch } from './LoadWatch.tsx';
import styles from './LoadTestTab.module.css';

export function LoadTestTab() {
  const models = useModels();
  const jobs = useLive((state) => state.jobs);
  const tests = jobs.filter(({ kind }) => kind === 'bench');
  const started = useJob();
  const [chosen, setChosen] = useState<string>();
  const shown = tests.find(({ id }) => id === chosen) ?? tests[0];
  const running = tests.find(({ state }) => state === 'running');
  if (models.length === 0) {
    return (
      <Card>
        <EmptyState icon={Gauge} title={t('load.noModel')}>
          {t('load.noModelHint')}
        </EmptyState>
      </Card>
    );
  }
  return (
    <div className={styles.stack}>
      <div className={styles.split}>
        <Card title={t('load.new')}>
          <LoadForm
            models={models.map(({ name }) => name)}
            isRunning={running !== undefined}
            onStart={(order) => {
              setChosen(undefined);
              started.start('/load-tests', order);
            }}
          />
          {started.error !== undefined && <ErrorNotice error={started.error} />}
        </Card>
        <div className={styles.stack}>
          {shown === undefined ? (
            <Card>
              <EmptyState icon={Gauge} title={t('load.none')}>
                {t('load.noneHint')}
              </EmptyState>
            </Card>
          ) : (
            <Card>
              <div className={styles.stack}>
                <JobCard job={shown} />
              </div>
            </Card>
          )}
          {shown?.result !== undefined && <LoadSummary key={shown.id} job={shown} />}
          {tests.length > 1 && <EarlierTests tests={tests} shown={shown} onChoose={setChosen} />}
        </div>
      </div>
      {shown !== undefined && shown.state === 'running' && <LoadWatch key={shown.id} job={shown} />}
      {shown?.result !== undefined && <LoadDetails key={shown.id} job={shown} />}
    </div>
  );
}

interface EarlierTestsProps {
  readonly tests: readonly JobView[];
  readonly shown: JobView | undefined;
  onChoose(id: string): void;
}

function EarlierTests({ tests, shown, onChoose }: EarlierTestsProps) {
  return (
    <Card title={t('load.earlier')} isFlush>
      <ul className={styles.earlier}>
        {tests.slice(0, 8).map(({ id, title, state, startedAt }) => (
          <li key={id}>
            <button type="button" aria-pressed={id === shown?.id} onClick={() => onChoose(id)}>
              <Time iso={startedAt} />
              <span translate="no">{title}</span>
              <StateBadge state={jobStateWords[state]} />
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
