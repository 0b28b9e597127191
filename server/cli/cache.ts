/** `millrace cache status` and `millrace cache clear`: the saved answers of the running host. */
import type { CacheCleared } from '../protocol/admin/cache-view.ts';
import type { HostView } from '../protocol/admin/host-view.ts';
import { HostClient } from './host-client.ts';
import { megabytes, table } from './output.ts';

export interface CacheFlags {
  readonly data: string;
  readonly json?: boolean;
}

/** Removing hundreds of thousands of answers goes in small steps beside serving. */
const clearTimeoutMs = 120_000;

export async function cacheStatusCommand({ data, json }: CacheFlags): Promise<void> {
  const status = await (await HostClient.find(data)).status();
  if (json !== true) {
    console.log(cacheText(status));
    return;
  }
  const models = Object.fromEntries(status.models.map(({ name, cache }) => [name, cache]));
  console.log(JSON.stringify({ cache: status.cache ?? null, models }, undefined, 2));
}

export async function cacheClearCommand(model: string | undefined, { data, json }: CacheFlags): Promise<void> {
  const client = await HostClient.find(data);
  const wish = model === undefined ? {} : { model };
  const cleared = await client.post<CacheCleared>('/cache/clear', wish, clearTimeoutMs);
  if (json === true) console.log(JSON.stringify(cleared, undefined, 2));
  else console.log(`Removed ${cleared.removed} saved answer${cleared.removed === 1 ? '' : 's'}.`);
}

export function cacheText({ cache, models }: Pick<HostView, 'cache' | 'models'>): string {
  if (cache === undefined) return 'No answers are saved: the setting cache.enabled is false.';
  const place = cache.store === 'redis' ? 'in Redis' : 'in the data folder';
  const room = cache.maxBytes === undefined ? '' : ` of ${megabytes(cache.maxBytes)}`;
  const size = cache.entries === undefined ? '' : `: ${cache.entries}, ${megabytes(cache.bytes ?? 0)}${room}`;
  const dropped = cache.dropped === 0 ? '' : ` ${cache.dropped} came faster than they could be saved.`;
  return [
    `Saved answers are ${place}${size}. Since the start ${cache.written} were saved, ${cache.expired} ran out, ${cache.evicted} made room.${dropped}`,
    ...(cache.problem === undefined ? [] : ['', cache.problem.message, `  ${cache.problem.hint}`]),
    '',
    table(
      ['MODEL', 'SAVED', 'HITS', 'MISSES', 'HIT RATIO', 'TIME SAVED', 'NOTE'],
      models.map((model) => [
        model.name,
        model.cache.entries === undefined ? '-' : String(model.cache.entries),
        String(model.cache.hits),
        String(model.cache.misses),
        ratio(model.cache.hits, model.cache.misses),
        `${model.cache.savedSeconds.toFixed(1)} s`,
        model.cache.whyOff ?? `kept for ${model.cache.ttlSeconds} s`,
      ]),
    ),
  ].join('\n');
}

function ratio(hits: number, misses: number): string {
  return hits + misses === 0 ? '-' : `${((hits / (hits + misses)) * 100).toFixed(1)} %`;
}
