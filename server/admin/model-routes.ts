/**
 * Models and their versions: promote, roll back, pin, split, shadow, load, unload, remove. What may start processes is a job: a large
 * model takes minutes to load.
 */
import type { z } from 'zod';
import { jobViewSchema } from '../protocol/admin/job-view.ts';
import type { JobView } from '../protocol/admin/job-view.ts';
import {
  newPinSchema,
  newPromotionSchema,
  newRemovalSchema,
  newShadowSchema,
  newTrafficSchema,
  noOptionsSchema,
  servingViewSchema,
} from '../protocol/admin/model-command.ts';
import type { ServingView } from '../protocol/admin/model-command.ts';
import { parseModelName } from '../models/model-name.ts';
import type { JobList } from './job-list.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** The host's commands as far as these routes give them; host/model-commands.ts. */
export interface ModelOrders {
  promote(name: string, version: string, options: { force?: boolean }): Promise<unknown>;
  rollback(name: string): Promise<unknown>;
  pin(name: string, version: string | undefined, options: { force?: boolean }): Promise<void>;
  unpin(name: string): Promise<void>;
  setTraffic(name: string, weights: Readonly<Record<string, number>> | undefined): Promise<void>;
  setShadow(name: string, version: string | undefined): Promise<void>;
  load(name: string): Promise<void>;
  unload(name: string): Promise<void>;
  remove(name: string, version: string | undefined): Promise<void>;
  refresh(name?: string): Promise<void>;
  serving(name: string): Promise<ServingView>;
}

export interface ModelRouteParts {
  readonly jobs: JobList;
  readonly orders: ModelOrders;
}

export function modelRoutes({ jobs, orders }: ModelRouteParts): AdminRoute[] {
  const order = <Body extends z.ZodType>(given: Order<Body>): AdminRoute =>
    jsonRoute({
      method: 'POST',
      path: `/models/{name}/${given.verb}`,
      noun: 'models',
      summary: given.summary,
      body: given.body,
      status: 202,
      answer: jobViewSchema,
      handle: ({ body, call }) => {
        const name = parseModelName(call.params['name']);
        return jobs.start({
          kind: given.kind ?? 'model',
          title: given.title(name, body),
          command: `millrace models ${given.command(name, body)}`,
          unit: 'seconds',
          run: async (_signal, onProgress) => {
            onProgress({ step: given.title(name, body), done: 0, total: 0, unit: 'seconds' });
            return (await given.run(name, body)) ?? { name };
          },
        });
      },
    });
  return [
    jsonRoute({
      method: 'GET',
      path: '/models/{name}/serving',
      noun: 'models',
      summary: 'What is served of a model: the version that answers, the split, the shadow and its differences',
      answer: servingViewSchema,
      handle: ({ call }) => orders.serving(parseModelName(call.params['name'])),
    }),
    order({
      verb: 'promote',
      kind: 'promote',
      summary: 'Make a version the one that answers: started, tested, switched to, the old one drained',
      body: newPromotionSchema,
      title: (name, { version }) => `Promote version ${version} of ${name}`,
      command: (name, { version, force }) => `promote ${name} ${version}${force === true ? ' --force' : ''}`,
      run: (name, { version, force }) => orders.promote(name, version, { force: force ?? false }),
    }),
    order({
      verb: 'rollback',
      kind: 'promote',
      summary: 'Go back to the version that answered before',
      body: noOptionsSchema,
      title: (name) => `Roll back ${name}`,
      command: (name) => `rollback ${name}`,
      run: (name) => orders.rollback(name),
    }),
    order({
      verb: 'pin',
      summary: 'Keep a version, whatever is imported',
      body: newPinSchema,
      title: (name) => `Pin ${name}`,
      command: (name, { version }) => `pin ${name}${version === undefined ? '' : ` ${version}`}`,
      run: (name, { version, force }) => orders.pin(name, version, { force: force ?? false }),
    }),
    order({
      verb: 'unpin',
      summary: 'Let the next version that is imported take over again',
      body: noOptionsSchema,
      title: (name) => `Unpin ${name}`,
      command: (name) => `unpin ${name}`,
      run: (name) => orders.unpin(name),
    }),
    order({
      verb: 'traffic',
      summary: 'Split the requests that name no version, by weight',
      body: newTrafficSchema,
      title: (name, { weights }) => `${weights === null ? 'End the split of' : 'Split'} ${name}`,
      command: (name, { weights }) => `traffic ${name} ${weights === null ? '--off' : weightWords(weights)}`,
      run: (name, { weights }) => orders.setTraffic(name, weights ?? undefined),
    }),
    order({
      verb: 'shadow',
      summary: 'Send copies of requests to a version whose answers are only compared',
      body: newShadowSchema,
      title: (name, { version }) =>
        version === null ? `End the shadow of ${name}` : `Shadow ${name} by version ${version}`,
      command: (name, { version }) => `shadow ${name} ${version ?? '--off'}`,
      run: (name, { version }) => orders.setShadow(name, version ?? undefined),
    }),
    order({
      verb: 'load',
      summary: 'Load a model, again where it is loaded, from its files as they are now',
      body: noOptionsSchema,
      title: (name) => `Load ${name}`,
      command: (name) => `load ${name}`,
      run: (name) => orders.load(name),
    }),
    order({
      verb: 'unload',
      summary: 'End the processes of a model and refuse requests for it until it is loaded',
      body: noOptionsSchema,
      title: (name) => `Unload ${name}`,
      command: (name) => `unload ${name}`,
      run: (name) => orders.unload(name),
    }),
    order({
      verb: 'remove',
      summary: 'Take a version, or the whole model, out of service and out of the store',
      body: newRemovalSchema,
      title: (name, { version }) => `Remove ${version === undefined ? name : `version ${version} of ${name}`}`,
      command: (name, { version }) => `remove ${name}${version === undefined ? '' : ` --version ${version}`} --yes`,
      run: (name, { version }) => orders.remove(name, version),
    }),
    jsonRoute({
      method: 'POST',
      path: '/models/refresh',
      noun: 'models',
      summary: 'Look at the model folders, and serve what has changed there',
      body: noOptionsSchema,
      status: 202,
      answer: jobViewSchema,
      handle: () =>
        jobs.start({
          kind: 'model',
          title: 'Look for changed models',
          command: 'millrace models refresh',
          unit: 'seconds',
          run: () => orders.refresh().then(() => ({})),
        }),
    }),
  ];
}

interface Order<Body extends z.ZodType> {
  readonly verb: string;
  readonly kind?: JobView['kind'];
  readonly summary: string;
  readonly body: Body;
  title(name: string, body: z.infer<Body>): string;
  /** After `millrace models`. */
  command(name: string, body: z.infer<Body>): string;
  run(name: string, body: z.infer<Body>): Promise<unknown>;
}

function weightWords(weights: Readonly<Record<string, number>>): string {
  return Object.entries(weights)
    .map(([version, weight]) => `${version}=${weight}`)
    .join(' ');
}
