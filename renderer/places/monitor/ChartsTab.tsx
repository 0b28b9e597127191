/** The charts with one cursor, of the host or of one model, and the same data as a table and as CSV. */
import { ChartLine, Download, Pause, Play, Table2 } from 'lucide-react';
import { useState } from 'react';
import { Button, ButtonLink } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { Choice } from '../../components/Field.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { saveText } from '../../components/save-file.ts';
import { readingNames } from '../../live/readings.ts';
import { useLive, useModels } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { writeCsv } from '../../try/csv.ts';
import { EventList } from './EventList.tsx';
import { ReadingsTable } from './ReadingsTable.tsx';
import { TimeChart } from './TimeChart.tsx';
import { chartKinds } from './chart-lines.ts';
import { ranges } from '../../live/readings-over-time.ts';
import type { Range, Readings } from '../../live/readings-over-time.ts';
import { useReadings } from './use-readings.ts';
import { useThemeKey } from './use-theme-key.ts';
import styles from './ChartsTab.module.css';

const rangeNames = Object.keys(ranges) as Range[];
/** Decisions that are told below the charts; all are in Events. */
const shownDecisions = 6;

export function ChartsTab() {
  const models = useModels();
  const [range, setRange] = useState<Range>('quarter');
  const [chosen, setChosen] = useState('');
  const [isPaused, setPaused] = useState(false);
  const [isLog, setLog] = useState(false);
  const [hasTable, setTable] = useState(false);
  const model = models.some(({ name }) => name === chosen) ? chosen : undefined;
  const { readings, fromSeconds, toSeconds, error } = useReadings(range, model, isPaused);
  const themeKey = useThemeKey();
  const kinds = chartKinds.filter(
    ({ isHostOnly, isOptional, lines }) =>
      (isHostOnly !== true || model === undefined) &&
      (isOptional !== true || lines.some(({ reading }) => readings[reading].some((value) => !Number.isNaN(value)))),
  );
  const isQuiet = readings.requestsPerSecond.every((value) => !(value > 0));
  const decisions = useLive((state) => state.events).filter(
    (event) =>
      event.kind === 'scaling' &&
      (model === undefined || event.model === model) &&
      Date.parse(event.at) / 1000 >= fromSeconds,
  );
  return (
    <div className={styles.stack}>
      <div className={styles.tools}>
        <SegmentedChoice
          label={t('monitor.range')}
          value={range}
          options={rangeNames.map((each) => ({ value: each, text: t(`monitor.range.${each}`) }))}
          onChange={setRange}
        />
        <div className={styles.picker}>
          <Choice
            label={t('monitor.model')}
            isLabelHidden
            value={model ?? ''}
            options={[
              { value: '', text: t('monitor.allModels') },
              ...models.map(({ name }) => ({ value: name, text: name, isName: true })),
            ]}
            onChange={setChosen}
          />
        </div>
        <Button
          icon={isPaused ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
          aria-pressed={isPaused}
          onClick={() => setPaused(!isPaused)}
        >
          {isPaused ? t('monitor.continue') : t('monitor.pause')}
        </Button>
        <Button icon={<Table2 aria-hidden="true" />} aria-expanded={hasTable} onClick={() => setTable(!hasTable)}>
          {hasTable ? t('monitor.tableHide') : t('monitor.table')}
        </Button>
        <Button
          icon={<Download aria-hidden="true" />}
          onClick={() => saveReadings(readings, model)}
          disabled={readings.seconds.length === 0}
        >
          {t('monitor.csv')}
        </Button>
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
      {isQuiet && (
        <p className={styles.quiet}>
          <ChartLine aria-hidden="true" />
          <span>
            <strong>{t('monitor.noData')}.</strong> {t('monitor.noDataHint')}
          </span>
          <ButtonLink to="/try">{t('monitor.tryIt')}</ButtonLink>
        </p>
      )}
      <div className={styles.charts}>
        {kinds.map((kind) => (
          <Card
            key={kind.key}
            title={t(kind.title)}
            aside={
              kind.canBeLog === true && (
                <label className={styles.log}>
                  <input type="checkbox" checked={isLog} onChange={(event) => setLog(event.target.checked)} />
                  {t('monitor.logScale')}
                </label>
              )
            }
          >
            <TimeChart
              kind={kind}
              readings={readings}
              fromSeconds={fromSeconds}
              toSeconds={toSeconds}
              markers={kind.key === 'copies' ? decisions : noMarkers}
              isLog={isLog && kind.canBeLog === true}
              cursorName="monitor"
              themeKey={themeKey}
            />
          </Card>
        ))}
      </div>
      {decisions.length > 0 && (
        <Card title={t('monitor.decisions')} isFlush>
          <EventList events={decisions.slice(0, shownDecisions)} />
        </Card>
      )}
      {hasTable && <ReadingsTable kinds={kinds} readings={readings} />}
    </div>
  );
}

const noMarkers: readonly never[] = [];

function saveReadings(readings: Readings, model: string | undefined): void {
  const head = ['time', ...readingNames.slice(1)];
  const rows = readings.seconds.map((seconds, at) => [
    new Date(seconds * 1000).toISOString(),
    ...readingNames.slice(1).map((name) => readings[name][at] ?? Number.NaN),
  ]);
  saveText(`millrace-${model ?? 'host'}.csv`, 'text/csv', writeCsv(head, rows));
}
