/** Doctor: what is well, what is not and what helps, and the diagnostics bundle. */
import { Stethoscope } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { DoctorView, Finding } from '../../../server/protocol/admin/doctor-view.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CodeBlock } from '../../components/CodeBlock.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { ProgressBar } from '../../components/ProgressBar.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { Time } from '../../components/Time.tsx';
import { findingStateWords } from '../../components/state-words.ts';
import { useJob } from '../../components/use-job.ts';
import { ApiError } from '../../api/api-error.ts';
import { useLive } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { BundleCard } from './BundleCard.tsx';
import styles from './DoctorTab.module.css';

export function DoctorTab() {
  const { job, error, isRunning, start } = useJob();
  const last = useLive(({ jobs }) => jobs.find(({ kind, state }) => kind === 'doctor' && state === 'done'));
  const examine = (isDeep: boolean): void => start('/doctor', { isDeep });
  const isBegun = useRef(false);
  useEffect(() => {
    // Who comes here wants to know; what was found before is shown meanwhile.
    if (isBegun.current) return;
    isBegun.current = true;
    start('/doctor', { isDeep: false });
  }, [start]);
  const found = (job?.state === 'done' ? job : last)?.result as DoctorView | undefined;
  const failure = error ?? (job?.error === undefined ? undefined : new ApiError(0, job.error));
  return (
    <div className={styles.stack}>
      <Card
        title={t('doctor.title')}
        isFlush
        aside={
          <div className={styles.actions}>
            <Button disabled={isRunning} onClick={() => examine(false)}>
              {t('doctor.again')}
            </Button>
            <Button disabled={isRunning} title={t('doctor.deepHint')} onClick={() => examine(true)}>
              {t('doctor.deep')}
            </Button>
          </div>
        }
      >
        {isRunning && job !== undefined && (
          <div className={styles.progress}>
            <p translate="no">{job.progress.step}</p>
            <ProgressBar label={t('doctor.examining')} done={0} total={0} />
          </div>
        )}
        {failure !== undefined && <ErrorNotice error={failure} />}
        {found !== undefined && <Findings found={found} />}
        <div className={styles.foot}>
          <CommandHint command="npx millrace doctor" />
        </div>
      </Card>
      <BundleCard />
    </div>
  );
}

function Findings({ found: { findings, checkedAt } }: { readonly found: DoctorView }) {
  const bad = findings.filter(({ state }) => state === 'failed' || state === 'attention').length;
  return (
    <>
      <p className={styles.sum}>
        <Stethoscope aria-hidden="true" />
        <span>
          {bad === 0 ? t('doctor.allGood', { count: findings.length }) : t('doctor.someBad', { count: bad })}{' '}
          <Time iso={checkedAt} />
        </span>
      </p>
      <ul aria-label={t('doctor.title')}>
        {findings.map((finding) => (
          <FindingRow key={finding.check} finding={finding} />
        ))}
      </ul>
    </>
  );
}

function FindingRow({ finding: { state, sentence, fix, command } }: { readonly finding: Finding }) {
  return (
    <li className={styles.finding}>
      <StateBadge state={findingStateWords[state]} />
      <div className={styles.words} translate="no">
        <p>{sentence}</p>
        {fix !== undefined && <p className={styles.fix}>{fix}</p>}
        {command !== undefined && state !== 'good' && <CodeBlock code={command} label={t('command.label')} />}
      </div>
    </li>
  );
}
