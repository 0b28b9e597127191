/** The scaling curve of a tuned model as a picture. Pure. */
import { lineChart } from '../plot/line-chart.ts';
import type { TuneResult } from '../protocol/admin/tune-result.ts';
import { throughputAt } from './scaling-curve.ts';

const curvePoints = 40;

/** Undefined where there is no curve. */
export function tuneChart({ model, curve, cores }: TuneResult): string | undefined {
  if (curve === undefined) return undefined;
  const fitted = Array.from({ length: curvePoints + 1 }, (_, index): readonly [number, number] => {
    const at = 1 + ((Math.max(2, cores) - 1) * index) / curvePoints;
    return [at, throughputAt(curve, at)];
  });
  return lineChart({
    title: `${model}: requests per second by cores in use`,
    xLabel: 'copies × threads',
    yLabel: 'requests per second',
    series: [
      { name: 'fitted', points: fitted },
      { name: 'measured, the best of each', points: curve.points, marks: true },
    ],
  });
}
