/** The last readings of a column as a sparkline. Drawn anew once a second by itself, so that what stands around it is not. */
import { memo } from 'react';
import type { ReadingName } from '../live/readings.ts';
import { useSeries } from '../live/use-live.ts';
import { Sparkline } from './Sparkline.tsx';

/** Two minutes of readings. */
const shown = 120;

interface SeriesSparklineProps {
  readonly name: ReadingName;
  /** Undefined: of the whole host. */
  readonly model?: string;
  /** In the color of trouble while there is any. */
  readonly isTrouble?: boolean;
}

export const SeriesSparkline = memo(function SeriesSparkline({ name, model, isTrouble = false }: SeriesSparklineProps) {
  const values = useSeries(name, model, shown);
  const tone = isTrouble && values.some((value) => value > 0) ? 'action' : 'accent';
  return <Sparkline values={values} capacity={shown} tone={tone} />;
});
