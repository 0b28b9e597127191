/** What the admin API says of saved answers. */
import type { CacheView, ModelCacheView } from '../protocol/admin/cache-view.ts';
import type { ProblemView } from '../protocol/admin/host-view.ts';
import type { AnswerStore } from './cached-model.ts';
import type { ServedModel } from './served-model.ts';

export function cacheView({ cache, maxBytes }: AnswerStore): CacheView {
  const { usage, written, dropped, expired, evicted, problem } = cache.reading();
  return {
    store: cache.kind,
    ...usage,
    ...(maxBytes !== undefined && { maxBytes }),
    written,
    dropped,
    expired,
    evicted,
    ...(problem !== undefined && { problem }),
  };
}

/** Of all versions of a model; `served` is the one that answers by default. */
export function modelCacheView(
  served: ServedModel,
  versions: readonly ServedModel[],
  answers: AnswerStore | undefined,
): ModelCacheView {
  const { whyOff } = served.cache;
  const sum = (value: (model: ServedModel) => number): number => versions.reduce((all, each) => all + value(each), 0);
  return {
    ...(whyOff !== undefined && { whyOff }),
    ttlSeconds: served.cache.options.settings.ttlSeconds,
    hits: sum(({ statistics }) => statistics.cacheHit.count),
    misses: sum(({ statistics }) => statistics.cacheMiss.count),
    savedSeconds: Math.round(sum(({ statistics }) => statistics.savedMs)) / 1000,
    ...answers?.cache.usageOf(served.name),
  };
}

/** What a person should see of the cache beside everything else that is wrong. */
export function cacheProblems(answers: AnswerStore | undefined): ProblemView[] {
  const problem = answers?.cache.reading().problem;
  return problem === undefined ? [] : [{ subject: 'cache', ...problem }];
}
