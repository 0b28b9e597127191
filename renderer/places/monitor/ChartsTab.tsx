/** The charts with one cursor, of the host or of one model, and the same data as a table and as CSV. */
import { ChartLine, Pause, Play, Table2 } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { Button, ButtonLink } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Choice } from '../../components/Field.tsx';
import { saveFile } from '../../components/save-file.ts';
import { liveStore } from '../../live/live-store.ts';
import { readingNames } from '../../live/readings.ts';
import type { ReadingName } from '../../live/readings.ts';
import { useModels } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { writeCsv } from '../../try/csv.ts';
import { ReadingsTable } from './ReadingsTable.tsx';
import { TimeChart } from './TimeChart.tsx';
import { chartKinds } from './chart-lines.ts';
import styles from './ChartsTab.module.css';

export function ChartsTab() {
  const models = useModels();
  const [chosen, setChosen] = useState('');
  const [isPaused, setPaused] = useState(false);
  const [isLog, setLog] = useState(false);
  const [hasTable, setTable] = useState(false);
  const samples = useSyncExternalStore(liveStore.subscribe, () => liveStore.samples);
  const [frozen, setFrozen] = useState(samples);
  useEffect(() => {
    if (!isPaused) setFrozen(samples);
  }, [samples, isPaused]);
  const model = models.some(({ name }) => name === chosen) ? chosen : undefined;
  const readings = useReadings(model, frozen);
  const themeKey = useThemeKey();
  const times = readings.seconds;
  const kinds = chartKinds.filter(({ isHostOnly }) => isHostOnly !== true || model === undefined);
  const isQuiet = readings.requestsPerSecond.every((value) => !(value > 0));
  return (
    <div className={styles.stack}>
      <div className={styles.tools}>
        <div className={styles.picker}>
          <Choice
            label={t('monitor.model')}
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
        <Button onClick={() => saveReadings(readings, model)} disabled={times.length === 0}>
          {t('monitor.csv')}
        </Button>
      </div>
      {isQuiet && (
        <Card>
          <EmptyState
            icon={ChartLine}
            title={t('monitor.noData')}
            actions={<ButtonLink to="/try">{t('monitor.tryIt')}</ButtonLink>}
          >
            {t('monitor.noDataHint')}
          </EmptyState>
        </Card>
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
                  {t('monitor.log')}
                </label>
              )
            }
          >
            <TimeChart
              kind={kind}
              times={times}
              values={kind.lines.map(({ reading }) => readings[reading])}
              isLog={isLog && kind.canBeLog === true}
              cursorName="monitor"
              themeKey={themeKey}
            />
          </Card>
        ))}
      </div>
      {hasTable && <ReadingsTable kinds={kinds} readings={readings} />}
    </div>
  );
}

export type Readings = Readonly<Record<ReadingName, readonly number[]>>;

/** The series of the store as they are at this sample; the same objects until the next. */
function useReadings(model: string | undefined, sample: number): Readings {
  const [kept, setKept] = useState<{ readonly key: string; readonly readings: Readings }>();
  const key = `${sample} ${model ?? ''}`;
  if (kept?.key === key) return kept.readings;
  const entries = readingNames.map((name) => [name, liveStore.series(name, model)] as const);
  const readings = Object.fromEntries(entries) as unknown as Readings;
  setKept({ key, readings });
  return readings;
}

/** Changes with the theme: a canvas does not follow custom properties by itself. */
function useThemeKey(): string {
  const subscribe = (listener: () => void): (() => void) => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    query.addEventListener('change', listener);
    return () => query.removeEventListener('change', listener);
  };
  return useSyncExternalStore(
    subscribe,
    () => `${document.documentElement.dataset['theme']} ${matchMedia('(prefers-color-scheme: dark)').matches}`,
  );
}

function saveReadings(readings: Readings, model: string | undefined): void {
  const head = ['time', ...readingNames.slice(1)];
  const rows = readings.seconds.map((seconds, at) => [
    new Date(seconds * 1000).toISOString(),
    ...readingNames.slice(1).map((name) => readings[name][at] ?? Number.NaN),
  ]);
  saveFile(`millrace-${model ?? 'host'}.csv`, 'text/csv', writeCsv(head, rows));
}
