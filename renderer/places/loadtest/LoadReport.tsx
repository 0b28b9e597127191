/** What a load test measured: numbers, course, failures, the trials of a search, and the report to keep. */
import { Download } from 'lucide-react';
import { useState } from 'react';
import type { JobView } from '../../../server/protocol/admin/job-view.ts';
import type { LoadMeasurement, LoadProbe, LoadResult } from '../../../server/protocol/admin/load-result.ts';
import { callApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { FigureValue } from '../../components/FigureValue.tsx';
import { ErrorNotice, Notice } from '../../components/Notice.tsx';
import { Table } from '../../components/Table.tsx';
import type { Column } from '../../components/Table.tsx';
import { saveText } from '../../components/save-file.ts';
import type { Figure } from '../../format/format.ts';
import {
  durationFigure,
  durationText,
  formatNumber,
  percentFigure,
  figureText,
  rateFigure,
  rateText,
} from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import { LoadChartCards } from './LoadChartCards.tsx';
import { resultReadings } from './load-readings.ts';
import styles from './LoadTestTab.module.css';

/** The numbers, and the report to keep. */
export function LoadSummary({ job }: { readonly job: JobView }) {
  const { measurement, search, aborted } = job.result as LoadResult;
  return (
    <Card title={t('load.result')}>
      <div className={styles.stack}>
        {aborted && <Notice tone="note" title={t('load.aborted')} />}
        {search !== undefined && (
          <Notice
            tone={search.perSecond === undefined ? 'attention' : 'note'}
            title={<span translate="no">{search.sentence}</span>}
          />
        )}
        {measurement !== undefined && <Figures measurement={measurement} />}
        {measurement !== undefined && <Generator measurement={measurement} />}
        <SaveButtons job={job} />
      </div>
    </Card>
  );
}

/** Its course, what failed, and the trials of a search. */
export function LoadDetails({ job }: { readonly job: JobView }) {
  const { plan, measurement, search } = job.result as LoadResult;
  const isClosed = plan.drive.kind === 'closed';
  return (
    <>
      {measurement !== undefined && <Course measurement={measurement} isClosed={isClosed} />}
      {measurement !== undefined && measurement.failures.length > 0 && (
        <Card title={t('load.failures')} isFlush>
          <Table
            label={t('load.failures')}
            columns={failureColumns}
            rows={measurement.failures}
            rowKey={({ kind }) => kind}
          />
        </Card>
      )}
      {search !== undefined && (
        <Card title={t('load.trials')} isFlush>
          <Table
            label={t('load.trials')}
            columns={trialColumns}
            rows={search.probes.map((probe, number) => ({ probe, number: number + 1 }))}
            rowKey={({ number }) => String(number)}
          />
        </Card>
      )}
    </>
  );
}

function Figures({ measurement }: { readonly measurement: LoadMeasurement }) {
  const { answeredPerSecond, counts, latencyMs } = measurement;
  const shareFailed = counts.sent === 0 ? 0 : (counts.failed / counts.sent) * 100;
  return (
    <dl className={styles.figures}>
      <ResultFigure name={t('load.answered')} figure={rateFigure(answeredPerSecond)} />
      <ResultFigure name={t('load.requests')} figure={{ value: formatNumber(counts.answered), unit: '' }} />
      <ResultFigure name={t('monitor.failed')} figure={percentFigure(shareFailed)} />
      <ResultFigure name={t('monitor.p50')} figure={durationFigure(latencyMs.p50)} />
      <ResultFigure name={t('monitor.p95')} figure={durationFigure(latencyMs.p95)} />
      <ResultFigure name={t('monitor.p99')} figure={durationFigure(latencyMs.p99)} />
      <ResultFigure name={t('load.p999')} figure={durationFigure(latencyMs.p999)} />
      <ResultFigure name={t('load.slowest')} figure={durationFigure(latencyMs.max)} />
    </dl>
  );
}

function ResultFigure({ name, figure }: { readonly name: string; readonly figure: Figure }) {
  return (
    <div className={styles.figure}>
      <dt>{name}</dt>
      <dd>
        <FigureValue figure={figure} size="small" />
      </dd>
    </div>
  );
}

function Generator({ measurement: { generator } }: { readonly measurement: LoadMeasurement }) {
  const { isLimit, notes, cpuPercent, busyPercent } = generator;
  const words = (
    <div className={styles.notes}>
      <p>
        {t('load.generatorCost', {
          cpu: figureText(percentFigure(cpuPercent)),
          busy: figureText(percentFigure(busyPercent)),
        })}
      </p>
      {notes.map((note) => (
        <p key={note} translate="no">
          {note}
        </p>
      ))}
    </div>
  );
  return isLimit ? (
    <Notice tone="attention" title={t('load.generatorLimit')}>
      {words}
    </Notice>
  ) : (
    words
  );
}

function SaveButtons({ job }: { readonly job: JobView }) {
  const [error, setError] = useState<Error>();
  const name = `load-test-${job.startedAt.slice(0, 19).replaceAll(/[:T]/g, '-')}`;
  const saveReport = (): void => {
    callApi('GET', `/load-tests/${encodeURIComponent(job.id)}/report`).then(
      ({ text }) => saveText(`${name}.html`, 'text/html', text),
      setError,
    );
  };
  return (
    <>
      <div className={styles.actions}>
        <Button icon={<Download aria-hidden="true" />} onClick={saveReport}>
          {t('load.saveReport')}
        </Button>
        <Button
          icon={<Download aria-hidden="true" />}
          onClick={() => saveText(`${name}.json`, 'application/json', JSON.stringify(job.result, undefined, 2))}
        >
          {t('load.saveNumbers')}
        </Button>
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
    </>
  );
}

function Course({ measurement, isClosed }: { readonly measurement: LoadMeasurement; readonly isClosed: boolean }) {
  const { startedAt, durationMs, timeline } = measurement;
  const from = Date.parse(startedAt) / 1000;
  return (
    <LoadChartCards
      readings={resultReadings(startedAt, timeline, isClosed)}
      isClosed={isClosed}
      fromSeconds={from}
      toSeconds={from + durationMs / 1000}
    />
  );
}

const failureColumns: readonly Column<LoadMeasurement['failures'][number]>[] = [
  { key: 'kind', head: t('load.failure'), isRowHead: true, cell: ({ kind }) => <code translate="no">{kind}</code> },
  {
    key: 'count',
    head: t('load.count'),
    isNumber: true,
    cell: ({ count }) => <span translate="no">{formatNumber(count)}</span>,
  },
  { key: 'example', head: t('load.example'), cell: ({ example }) => <span translate="no">{example}</span> },
];

interface TrialRow {
  readonly probe: LoadProbe;
  readonly number: number;
}

const trialColumns: readonly Column<TrialRow>[] = [
  { key: 'number', head: t('load.trial'), isRowHead: true, cell: ({ number }) => <span translate="no">{number}</span> },
  {
    key: 'rate',
    head: t('monitor.requests'),
    isNumber: true,
    cell: ({ probe }) => <span translate="no">{rateText(probe.perSecond)}</span>,
  },
  {
    key: 'latency',
    head: t('monitor.times'),
    isNumber: true,
    cell: ({ probe }) => <span translate="no">{durationText(probe.latencyMs)}</span>,
  },
  {
    key: 'holds',
    head: t('load.goal'),
    cell: ({ probe }) => (probe.holds ? t('load.holds') : t('load.holdsNot')),
  },
  { key: 'reason', head: t('load.why'), cell: ({ probe }) => <span translate="no">{probe.reason}</span> },
];
