/**
 * Entry of the host of a trial (tuning/trial-host.ts): starts a host from the settings in its first message, tells where it is, and
 * ends with its parent. Not a command: nobody types it.
 */
import { parseConfig } from '../config.ts';
import { startHost } from '../main.ts';
import type { Host } from '../main.ts';
import type { TrialHostReply, TrialHostSettings } from '../tuning/trial-host.ts';

process.title = 'millrace trial host';

let starting: Promise<Host> | undefined;
let isStopping = false;

process.on('SIGINT', () => {});
process.on('SIGTERM', () => void stop());
process.on('disconnect', () => void stop());
process.on('message', (settings: TrialHostSettings) => void start(settings));

async function start({ model, config }: TrialHostSettings): Promise<void> {
  if (starting !== undefined) return;
  try {
    starting = startHost(parseConfig(config, 'The trial'));
    const host = await starting;
    await host.settled();
    const served = host.catalog.list().find(({ name }) => name === model);
    reply({
      url: host.inferenceUrl,
      replicas: served?.replicas.length ?? 0,
      threads: served?.threads ?? 0,
      maxBatchSize: served?.facts?.maxBatchSize ?? 0,
      reason: served === undefined ? (host.problems[0]?.message ?? 'it was not found') : served.stateReason,
    });
  } catch (error) {
    reply({ url: '', replicas: 0, threads: 0, maxBatchSize: 0, reason: (error as Error).message });
  }
}

function reply(message: TrialHostReply): void {
  if (process.connected && !isStopping) process.send!(message);
}

async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await (await starting?.catch(() => undefined))?.stop();
  process.exit(0);
}
