/** Opens the store of saved answers that the settings ask for, and tells people of its troubles and of their end. */
import { join } from 'node:path';
import type { CacheProblem } from '../cache/prediction-cache.ts';
import { RecentAnswers } from '../cache/recent-answers.ts';
import { RedisCache, redisProblem } from '../cache/redis-cache.ts';
import { SqliteCache } from '../cache/sqlite-cache.ts';
import type { Config } from '../config.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import { Redis } from '../storage/redis.ts';
import type { AnswerStore } from './cached-model.ts';

/** Undefined where the settings switch the cache off. Never throws: without its file the host serves without a cache. */
export function openAnswerStore(config: Config, onEvent: (event: NewHostEvent) => void): AnswerStore | undefined {
  if (!config.cache.enabled) return undefined;
  const onProblem = (problem: CacheProblem | undefined): void => {
    if (problem === undefined) {
      onEvent({ kind: 'cache', severity: 'info', sentence: 'The cache works again.' });
    } else {
      onEvent({ kind: 'cache', severity: 'attention', sentence: problem.message, hint: problem.hint });
    }
  };
  const { redis, maxBytes } = config.cache;
  const cache =
    redis === undefined
      ? new SqliteCache({ path: answersPath(config.dataDirectory), maxBytes, nowMs: () => Date.now(), onProblem })
      : new RedisCache(
          new Redis({
            url: redis,
            onTrouble: (reason) => onProblem(reason === undefined ? undefined : redisProblem(reason)),
          }),
        );
  return { cache, recent: new RecentAnswers(), maxBytes: redis === undefined ? maxBytes : undefined };
}

/** Removes the saved answers of one model, or all. Resolves with their number once none is found. Throws `storage-failed`. */
export async function clearAnswers({ cache, recent }: AnswerStore, model: string | undefined): Promise<number> {
  recent.clear(model);
  const removed = await cache.clear(model);
  // What was found while the store was being cleared.
  recent.clear(model);
  return removed;
}

/** Where the saved answers are; beside it the remembered digests of model files. */
export function answersPath(dataDirectory: string): string {
  return join(dataDirectory, 'cache', 'answers.sqlite');
}

export function digestsPath(dataDirectory: string): string {
  return join(dataDirectory, 'cache', 'digests.json');
}
