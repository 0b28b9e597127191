/** Measuring through the API: devices, load tests and tuning. What is long is a job; the work itself is passed in. */
import { z } from 'zod';
import { MillraceError } from '../base/errors.ts';
import { devicesViewSchema } from '../protocol/admin/devices-view.ts';
import type { DevicesView } from '../protocol/admin/devices-view.ts';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import { loadPlanSchema } from '../protocol/admin/load-plan.ts';
import type { LoadPlan } from '../protocol/admin/load-plan.ts';
import type { LoadResult, LoadSnapshot } from '../protocol/admin/load-result.ts';
import { tuneSettingSchema, tuneWishSchema } from '../protocol/admin/tune-result.ts';
import type { TuneResult, TuneSetting, TuneWish } from '../protocol/admin/tune-result.ts';
import type { JobList } from './job-list.ts';
import { jsonRoute, streamRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

export interface MeasuringParts {
  readonly jobs: JobList;
  /** Where this host answers. */
  readonly inferenceUrl: () => string;
  /** For a load test of this host; undefined where it needs no key. */
  readonly inferenceKey: () => string | undefined;
  devices(fresh: boolean): Promise<DevicesView>;
  bench(plan: LoadPlan, signal: AbortSignal, onProgress: (snapshot: LoadSnapshot) => void): Promise<LoadResult>;
  /** The report as HTML. */
  benchReport(result: LoadResult): string;
  tune(
    wish: TuneWish,
    signal: AbortSignal,
    onProgress: (step: string, done: number, total: number) => void,
  ): Promise<TuneResult>;
  undoTuning(model: string): Promise<TuneSetting>;
}

/** A plan whose URL may be left out: then it is this host. */
const newLoadTestSchema = loadPlanSchema.extend({ url: z.string().max(2000).optional() });

export function measuringRoutes(parts: MeasuringParts): AdminRoute[] {
  const { jobs } = parts;
  return [
    jsonRoute({
      method: 'GET',
      path: '/devices',
      noun: 'host',
      summary:
        'What this machine can run models on, tried and not only listed; kept until a driver or the runtime changes',
      query: z.strictObject({ fresh: z.enum(['true', 'false']).default('false') }),
      answer: devicesViewSchema,
      handle: ({ query }) => parts.devices(query.fresh === 'true'),
    }),
    jsonRoute({
      method: 'POST',
      path: '/load-tests',
      noun: 'measuring',
      summary: 'Load a model with requests by a job whose result is the report; without a URL, a model of this host',
      body: newLoadTestSchema,
      status: 202,
      answer: jobViewSchema,
      handle: ({ body }) =>
        startBench(parts, body.url === undefined ? ownPlan(parts, body) : { ...body, url: body.url }),
    }),
    streamRoute({
      method: 'GET',
      path: '/load-tests/{id}/report',
      noun: 'measuring',
      summary: 'The report of a load test that has ended, as a page that needs nothing else',
      takes: undefined,
      gives: 'text/html',
      serve({ params, response }) {
        const { kind, result, title } = jobs.find(params['id']!);
        if (kind !== 'bench' || result === undefined) {
          throw new MillraceError('not-found', `${title} has no report of a load test.`, {
            hint: 'A load test has one when it has ended.',
          });
        }
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        // It is a file to keep; opened here, its own styles would be blocked.
        response.setHeader('Content-Disposition', 'attachment; filename="load-test.html"');
        response.end(parts.benchReport(result as LoadResult));
      },
    }),
    jsonRoute({
      method: 'POST',
      path: '/tunings',
      noun: 'measuring',
      summary: 'Find the copies, threads and batches that suit a model by a job, and save them',
      body: tuneWishSchema,
      status: 202,
      answer: jobViewSchema,
      handle: ({ body }) =>
        jobs.start({
          kind: 'tune',
          title: `Tune ${body.model}`,
          command: `millrace tune ${body.model} --goal ${body.goal} --budget ${body.budgetMs}ms${body.save ? '' : ' --no-save'}`,
          unit: 'runs',
          run: (signal, onProgress) =>
            parts.tune(body, signal, (step, done, total) => onProgress({ step, done, total, unit: 'runs' })),
        }),
    }),
    jsonRoute({
      method: 'POST',
      path: '/tunings/undo',
      noun: 'measuring',
      summary: 'Take the last saved setting of a model back',
      body: z.strictObject({ model: z.string().min(1).max(200) }),
      answer: tuneSettingSchema,
      handle: ({ body }) => parts.undoTuning(body.model),
    }),
  ];
}

function ownPlan({ inferenceUrl, inferenceKey }: MeasuringParts, plan: Omit<LoadPlan, 'url'>): LoadPlan {
  const key = inferenceKey();
  const headers = { ...(key !== undefined && { 'x-api-key': key }), ...plan.headers };
  return { ...plan, url: inferenceUrl(), headers };
}

function startBench({ jobs, bench }: MeasuringParts, plan: LoadPlan): JobView {
  return jobs.start({
    kind: 'bench',
    title: `Load test of ${plan.model}`,
    command: commandOf(plan),
    unit: 'seconds',
    run: async (signal, onProgress) => {
      const result = await bench(plan, signal, ({ step, ...measured }) =>
        onProgress({
          step,
          done: Math.max(0, Math.round(measured.elapsedMs / 1000)),
          total: Math.round(measured.totalMs / 1000),
          unit: 'seconds',
          measured,
        }),
      );
      // A key that was sent along is not part of what is kept.
      const headers = Object.fromEntries(Object.keys(plan.headers).map((name) => [name, '(not shown)']));
      return { ...result, plan: { ...plan, headers } };
    },
  });
}

/** The same from a shell, as far as one line says it. */
function commandOf({ model, drive }: LoadPlan): string {
  if (drive.kind === 'search') return `millrace bench ${model} --slo p${drive.percentile}=${drive.limitMs}ms`;
  const stages = drive.kind === 'open' ? drive.perSecond : drive.connections;
  const [first] = stages;
  const isLine = stages.length === 1 && first!.from !== first!.to;
  const shape = isLine ? `${first!.from}..${first!.to}` : stages.map(({ from }) => from).join(',');
  const totalMs = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
  return `millrace bench ${model} --${drive.kind === 'open' ? 'rate' : 'connections'} ${shape} --duration ${totalMs}ms`;
}
