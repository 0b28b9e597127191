/** Opens the feature store that the settings ask for. */
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { FeatureStore } from '../features/feature-store.ts';
import { RedisFeatures } from '../features/redis-features.ts';
import { SqliteFeatures } from '../features/sqlite-features.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import { Redis } from '../storage/redis.ts';

/** Never throws: what does not work is said by the requests that need it. */
export function openFeatureStore(
  { features, dataDirectory }: Config,
  onEvent: (event: NewHostEvent) => void,
): FeatureStore {
  const nowMs = (): number => Date.now();
  const onTrouble = (reason: string | undefined): void => {
    const sentence =
      reason === undefined ? 'The feature store works again.' : `The feature store does not work: ${reason}`;
    onEvent({ kind: 'settings', severity: reason === undefined ? 'info' : 'failure', sentence });
  };
  if (features.redis === undefined) return new SqliteFeatures({ path: join(dataDirectory, 'features.db'), nowMs });
  return new RedisFeatures(new Redis({ url: features.redis, onTrouble }), nowMs);
}
