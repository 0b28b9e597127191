/** Where the time of one request went, in parts that sum to what the browser measured. Pure. */
import type { ServerTime } from '../../try/answer.ts';

export interface TimePart {
  readonly name: 'queue' | 'model' | 'rest' | 'network';
  readonly ms: number;
}

/** Clocks of two programs may disagree by a little: no part is negative. */
export function timeParts(time: ServerTime | undefined, browserMs: number): TimePart[] {
  if (time === undefined) return [{ name: 'network', ms: browserMs }];
  const { queueMs, inferenceMs, totalMs } = time;
  const parts: TimePart[] = [
    { name: 'queue', ms: queueMs },
    { name: 'model', ms: inferenceMs },
    { name: 'rest', ms: totalMs - queueMs - inferenceMs },
    { name: 'network', ms: browserMs - totalMs },
  ];
  return parts.map(({ name, ms }) => ({ name, ms: Math.max(0, ms) }));
}
