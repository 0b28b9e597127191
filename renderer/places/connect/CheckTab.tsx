/** The self-check: the host attacks its own listeners, and each attack is listed with what came back. */
import { CircleCheck, CircleDashed, CircleX } from 'lucide-react';
import type { AttackResult, SelfCheckReport } from '../../../server/protocol/admin/self-check.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { ErrorNotice, Notice } from '../../components/Notice.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { Table } from '../../components/Table.tsx';
import type { Column } from '../../components/Table.tsx';
import { useJob } from '../../components/use-job.ts';
import type { StateWord } from '../../components/state-words.ts';
import { ApiError } from '../../api/api-error.ts';
import { useLive } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import styles from './CheckTab.module.css';

const outcomes: Readonly<Record<AttackResult['outcome'], Omit<StateWord, 'word'>>> = {
  held: { tone: 'good', icon: CircleCheck },
  failed: { tone: 'action', icon: CircleX },
  skipped: { tone: 'off', icon: CircleDashed },
};

const worstFirst = { failed: 0, skipped: 1, held: 2 } as const;

export function CheckTab() {
  const started = useJob();
  // Whoever comes back sees the last one.
  const last = useLive(({ jobs }) => jobs.find(({ kind, state }) => kind === 'self-check' && state === 'done'));
  const report = last?.result as SelfCheckReport | undefined;
  const { job, error, isRunning } = started;
  return (
    <div className={styles.stack}>
      <Card title={t('check.title')}>
        <div className={styles.check}>
          <p className={styles.lead}>{t('check.lead')}</p>
          {error !== undefined && <ErrorNotice error={error} />}
          {job?.error !== undefined && <ErrorNotice error={new ApiError(0, job.error)} />}
          <div>
            <Button look="primary" disabled={isRunning} onClick={() => started.start('/self-checks', {})}>
              {isRunning && job !== undefined
                ? t('check.running', { done: job.progress.done, total: job.progress.total })
                : t('check.run')}
            </Button>
          </div>
          {report !== undefined && (
            <Notice
              tone={report.failed > 0 ? 'action' : 'note'}
              title={
                report.failed > 0
                  ? t('check.failed', { count: report.failed })
                  : t('check.held', { count: report.held })
              }
            />
          )}
          <CommandHint command="npx millrace security check" />
        </div>
      </Card>
      {report !== undefined && (
        <Card title={t('check.results')} isFlush>
          <Table
            label={t('check.results')}
            columns={columns}
            rows={report.results.toSorted((a, b) => worstFirst[a.outcome] - worstFirst[b.outcome])}
            rowKey={({ row, target, title }) => `${row} ${target} ${title}`}
          />
        </Card>
      )}
    </div>
  );
}

const columns: readonly Column<AttackResult>[] = [
  {
    key: 'outcome',
    head: t('check.column.outcome'),
    cell: ({ outcome }) => (
      <StateBadge state={{ ...outcomes[outcome], word: 'state.done' }} label={t(`check.outcome.${outcome}`)} />
    ),
  },
  { key: 'row', head: t('check.column.row'), cell: ({ row }) => <span translate="no">{row}</span> },
  {
    key: 'attack',
    head: t('check.column.attack'),
    isRowHead: true,
    cell: ({ title }) => <span translate="no">{title}</span>,
  },
  {
    key: 'listener',
    head: t('check.column.listener'),
    cell: ({ listener, target }) => <span title={target}>{t(`check.listener.${listener}`)}</span>,
  },
  { key: 'expected', head: t('check.column.expected'), cell: ({ expected }) => <span translate="no">{expected}</span> },
  { key: 'got', head: t('check.column.got'), cell: ({ got }) => <span translate="no">{got}</span> },
];
