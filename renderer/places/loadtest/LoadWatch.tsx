/** The charts of a load test while it runs, from what the live stream tells of its job. */
import { useEffect, useState } from 'react';
import type { JobView } from '../../../server/protocol/admin/job-view.ts';
import { nowMs } from '../../format/format.ts';
import { LoadChartCards } from './LoadChartCards.tsx';
import { addPoint, liveReadings } from './load-readings.ts';
import type { LoadPoint } from './load-readings.ts';

/** A chart that is younger spans this, so that its line does not race. */
const minSpanSeconds = 10;

export function LoadWatch({ job }: { readonly job: JobView }) {
  const [points, setPoints] = useState<readonly LoadPoint[]>([]);
  useEffect(() => setPoints((known) => addPoint(known, job, Math.round(nowMs() / 1000))), [job]);
  const isClosed = job.command.includes('--connections');
  const readings = liveReadings(points, isClosed);
  const from = readings.seconds[0] ?? Math.round(nowMs() / 1000);
  const to = Math.max(from + minSpanSeconds, readings.seconds.at(-1) ?? from);
  return <LoadChartCards readings={readings} isClosed={isClosed} fromSeconds={from} toSeconds={to} />;
}
