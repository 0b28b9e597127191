/** Saved answers: how many there are, and how to be rid of them. */
import { MillraceError } from '../base/errors.ts';
import { parseModelName } from '../models/model-name.ts';
import { cacheClearedSchema, cacheClearSchema } from '../protocol/admin/cache-view.ts';
import { jsonRoute } from './route.ts';
import type { AdminRoute } from './route.ts';

/** `clear` undefined: the settings switch the cache off. */
export function cacheRoutes(clear: ((model: string | undefined) => Promise<number>) | undefined): AdminRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/cache/clear',
      noun: 'cache',
      summary: 'Remove the saved answers of one model, or of all; answers when none of them is found any more',
      body: cacheClearSchema,
      answer: cacheClearedSchema,
      async handle({ body }) {
        if (clear === undefined) {
          throw new MillraceError('unsupported', 'This host saves no answers: the setting cache.enabled is false.');
        }
        const model = body.model === undefined ? undefined : parseModelName(body.model);
        return { removed: await clear(model) };
      },
    }),
  ];
}
