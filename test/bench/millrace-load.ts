/** Millrace's own load test as the load generator, to compare it with wrk. */
import { runLoadProcess } from '../../server/loadtest/load-process.ts';
import { loadPlanSchema } from '../../server/protocol/admin/load-plan.ts';
import { refuseFailures } from './load-generator.ts';
import type { Measurement } from './load-generator.ts';

/** Sends one and the same row, as wrk does. */
export async function measureWithMillrace(
  url: string,
  model: string,
  row: readonly number[],
  connections: number,
  seconds: number,
): Promise<Measurement> {
  const stage = { from: connections, to: connections, durationMs: seconds * 1000 };
  const plan = loadPlanSchema.parse({
    url,
    model,
    distinct: 1,
    savedAnswers: true,
    warmUpMs: 500,
    drive: { kind: 'closed', connections: [stage] },
  });
  const { measurement } = await runLoadProcess(plan, { samples: { '': [row] } });
  const { failures, counts, answeredPerSecond, latencyMs, generator } = measurement!;
  refuseFailures(url, {
    ...Object.fromEntries(failures.map(({ kind, count }) => [kind, count])),
    'runs without an answer': counts.answered === 0 ? 1 : 0,
  });
  return { perSecond: answeredPerSecond, p50Ms: latencyMs.p50, generatorIsLimit: generator.isLimit };
}
