/** The autoscaler through the admin API: what it decides and why, orders to it, and its last ticks as samples of a trace. */
import { z } from 'zod';
import { scalingOrderSchema, scalingSampleSchema, scalingViewSchema } from '../protocol/admin/scaling-view.ts';
import type { ScalingOrderBody, ScalingSample, ScalingView } from '../protocol/admin/scaling-view.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

export interface ScalingControls {
  /** Of each version that is scaled now. */
  views(): readonly ScalingView[];
  /** Throws `unknown-model`, and `invalid-request` where the order cannot be. */
  order(model: string, order: ScalingOrderBody): void;
  /** Ticks of a model's served version after a number, oldest first. Throws `unknown-model`. */
  samples(model: string, after: number): readonly ScalingSample[];
}

export function scalingRoutes(controls: ScalingControls): AdminRoute[] {
  const viewsOf = (model: string): ScalingView[] => controls.views().filter((view) => view.model === model);
  return [
    jsonRoute({
      method: 'GET',
      path: '/scaling',
      noun: 'scaling',
      summary: 'How many copies of each model should run now, and why',
      query: z.strictObject({ model: z.string().max(64).optional() }),
      answer: z.array(scalingViewSchema),
      handle: ({ query: { model } }) => (model === undefined ? [...controls.views()] : viewsOf(model)),
    }),
    jsonRoute({
      method: 'PUT',
      path: '/scaling/{model}',
      noun: 'scaling',
      summary: 'Order a number of copies, a pause, other bounds, or let the autoscaler decide again',
      body: scalingOrderSchema,
      answer: z.array(scalingViewSchema),
      handle: ({ body, call }) => {
        const model = call.params['model']!;
        controls.order(model, body);
        return viewsOf(model);
      },
    }),
    jsonRoute({
      method: 'GET',
      path: '/scaling/{model}/samples',
      noun: 'scaling',
      summary: 'The last five minutes of the autoscaler’s measurements, tick by tick, for recording a trace',
      query: z.strictObject({ after: z.coerce.number().int().min(0).default(0) }),
      answer: z.array(scalingSampleSchema),
      handle: ({ query, call }) => [...controls.samples(call.params['model']!, query.after)],
    }),
  ];
}
