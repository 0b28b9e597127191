/** Every long job with its progress, its result, and how to stop it. */
import { ListTodo } from 'lucide-react';
import { useState } from 'react';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import { askApi } from '../api/api-client.ts';
import { Button } from '../components/Button.tsx';
import { CommandHint } from '../components/CommandHint.tsx';
import { Dialog } from '../components/Dialog.tsx';
import { EmptyState } from '../components/EmptyState.tsx';
import { ErrorNotice } from '../components/Notice.tsx';
import { ProgressBar } from '../components/ProgressBar.tsx';
import { StateBadge } from '../components/StateBadge.tsx';
import { Time } from '../components/Time.tsx';
import { jobStateWords } from '../components/state-words.ts';
import { ApiError } from '../api/api-error.ts';
import { useLive } from '../live/use-live.ts';
import { t } from '../texts/t.ts';
import { progressText } from './progress-text.ts';
import styles from './ActivityDrawer.module.css';

interface ActivityDrawerProps {
  readonly isOpen: boolean;
  onClose(): void;
}

export function ActivityDrawer({ isOpen, onClose }: ActivityDrawerProps) {
  const jobs = useLive((state) => state.jobs);
  return (
    <Dialog title={t('activity.title')} isOpen={isOpen} onClose={onClose} shape="drawer">
      {jobs.length === 0 ? (
        <EmptyState icon={ListTodo} title={t('activity.none')}>
          {t('activity.noneHint')}
        </EmptyState>
      ) : (
        <ul className={styles.jobs}>
          {jobs.map((job) => (
            <li key={job.id} className={styles.job}>
              <JobCard job={job} />
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

/** One job, wherever it is shown. */
export function JobCard({ job }: { readonly job: JobView }) {
  const [error, setError] = useState<Error>();
  const cancel = (): void => {
    askApi('POST', `/jobs/${encodeURIComponent(job.id)}/cancel`, { body: {} }).catch(setError);
  };
  return (
    <>
      <div className={styles.head}>
        <h3 translate="no">{job.title}</h3>
        <StateBadge state={jobStateWords[job.state]} />
      </div>
      {job.state === 'running' ? (
        <>
          <p className={styles.step} translate="no">
            {progressText(job.progress)}
          </p>
          <ProgressBar label={job.title} done={job.progress.done} total={job.progress.total} />
        </>
      ) : (
        <p className={styles.step}>
          <Time iso={job.endedAt ?? job.startedAt} />
        </p>
      )}
      {job.error !== undefined && <ErrorNotice error={new ApiError(0, job.error)} />}
      {error !== undefined && <ErrorNotice error={error} />}
      <div className={styles.foot}>
        <CommandHint command={job.command} />
        {job.state === 'running' && <Button onClick={cancel}>{t('activity.cancel')}</Button>}
      </div>
    </>
  );
}
