/** What the admin API may do with the autoscaler: look, order, and fetch what it measured. Every order is an event. */
import { MillraceError } from '../base/errors.ts';
import type { ScalingControls } from '../admin/scaling-routes.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { ScalingOrderBody } from '../protocol/admin/scaling-view.ts';
import type { ScalingLoop } from './scaling-loop.ts';
import type { ScalingOrder, ScalingOrders } from './scaling-orders.ts';
import { scalingView } from './scaling-views.ts';

export interface ScalingControlParts {
  readonly loop: ScalingLoop;
  readonly orders: ScalingOrders;
  /** Throws `unknown-model`. */
  find(model: string): unknown;
  /** The bounds that hold without an order. */
  boundsOf(model: string): { readonly min: number; readonly max: number };
  onEvent(event: NewHostEvent): void;
}

export function scalingControls({ loop, orders, find, boundsOf, onEvent }: ScalingControlParts): ScalingControls {
  return {
    views: () => loop.states().map((state) => scalingView(state, orders.of(state.target.model))),
    order(model, body) {
      find(model);
      const order = orderAfter(orders.of(model), body, boundsOf(model), model);
      orders.set(model, order);
      onEvent({
        kind: 'scaling',
        severity: 'info',
        model,
        sentence: `${model}: ${wordsOf(order)}, by hand.`,
        facts: { order },
      });
      loop.look(model);
    },
    samples(model, after) {
      find(model);
      return (
        loop
          .states()
          .findLast(({ target }) => target.model === model)
          ?.samples.after(after) ?? []
      );
    },
  };
}

/** Bounds stay until others are ordered, or the settings are. Errors: `invalid-request` where the lower one would be the higher. */
export function orderAfter(
  before: ScalingOrder | undefined,
  body: ScalingOrderBody,
  written: { readonly min: number; readonly max: number },
  model: string,
): ScalingOrder {
  const isReset = body.mode === 'settings' && body.min === undefined && body.max === undefined;
  const mode = body.mode ?? before?.mode ?? 'settings';
  const min = isReset ? undefined : (body.min ?? before?.min);
  const max = isReset ? undefined : (body.max ?? before?.max);
  const [low, high] = [min ?? written.min, max ?? written.max];
  if (low > high) {
    throw new MillraceError('invalid-request', `The minimum of ${model} would be ${low} and its maximum ${high}.`, {
      hint: 'Give both.',
    });
  }
  if (high === 0) throw new MillraceError('invalid-request', `A maximum of 0 would leave ${model} without a copy.`);
  const replicas = mode === 'manual' ? (body.replicas ?? before?.replicas) : undefined;
  return {
    mode,
    ...(replicas !== undefined && { replicas }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}

function wordsOf({ mode, replicas, min, max }: ScalingOrder): string {
  const bounds = [min === undefined ? [] : [`at least ${min}`], max === undefined ? [] : [`at most ${max}`]].flat();
  const withBounds = bounds.length === 0 ? '' : ` with ${bounds.join(' and ')} copies`;
  switch (mode) {
    case 'manual':
      return `${replicas} ${replicas === 1 ? 'copy' : 'copies'}`;
    case 'paused':
      return 'the number of copies stays as it is';
    case 'auto':
      return `the autoscaler decides${withBounds}`;
    case 'settings':
      return `the settings hold${withBounds}`;
  }
}
