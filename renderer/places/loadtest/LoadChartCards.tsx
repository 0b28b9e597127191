/** The two charts of a load test: what was answered, and how fast. */
import { Card } from '../../components/Card.tsx';
import { t } from '../../texts/t.ts';
import { TimeChart } from '../monitor/TimeChart.tsx';
import { useThemeKey } from '../monitor/use-theme-key.ts';
import { loadCharts } from './load-readings.ts';
import type { LoadReadings } from './load-readings.ts';
import styles from './LoadTestTab.module.css';

interface LoadChartCardsProps {
  readonly readings: LoadReadings;
  readonly isClosed: boolean;
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

export function LoadChartCards({ readings, isClosed, fromSeconds, toSeconds }: LoadChartCardsProps) {
  const themeKey = useThemeKey();
  return (
    <div className={styles.charts}>
      {loadCharts(isClosed).map((kind) => (
        <Card key={kind.key} title={t(kind.title)}>
          <TimeChart
            kind={kind}
            readings={readings}
            fromSeconds={fromSeconds}
            toSeconds={toSeconds}
            markers={noMarkers}
            isLog={false}
            cursorName="load-test"
            themeKey={themeKey}
          />
        </Card>
      ))}
    </div>
  );
}

const noMarkers: readonly never[] = [];
