/**
 * `npm run demo:scaling`: starts a host with a model that keeps a core busy, sends it a step and a spike, and prints what the
 * autoscaler does and why, second by second.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HostClient } from '../../server/cli/host-client.ts';
import type { HostEvent } from '../../server/protocol/admin/host-event.ts';
import type { ScalingView } from '../../server/protocol/admin/scaling-view.ts';
import { quantile } from '../support/load.ts';
import { HEAVY_WIDTH, heavyModel } from '../support/models.ts';
import { runVaryingLoad } from '../support/varying-load.ts';
import { storeModel } from './bench-model.ts';
import { startMillrace } from './millrace-host.ts';
import { Scope } from './scope.ts';

/** Seconds and clients: a quiet start, a step, quiet, a spike of two seconds, quiet. */
const phases = [
  { name: 'one client', untilMs: 4000, clients: 1 },
  { name: 'a step to eight clients', untilMs: 14_000, clients: 8 },
  { name: 'one client again', untilMs: 24_000, clients: 1 },
  { name: 'a spike of 32 clients', untilMs: 26_000, clients: 32 },
  { name: 'nobody', untilMs: 36_000, clients: 0 },
] as const;
const durationMs = phases.at(-1)!.untilMs;

/** Windows of seconds instead of minutes, so that the way back is seen as well. */
const scaling = {
  metrics: { outstandingPerSlot: { target: 0.7 } },
  ceilings: { reservedCores: 0 },
  down: { windowMs: 4000 },
};

const root = Scope.root();
process.on('exit', () => root.killNow());
process.on('SIGINT', () => void root.close().then(() => process.exit(130)));

const phaseAt = (atMs: number) => phases.find(({ untilMs }) => atMs < untilMs) ?? phases.at(-1)!;

await using scope = root.open();
const model = await storeModel(scope, { name: 'heavy', bytes: heavyModel(), maxBatchSize: 0 });
console.log('Starting a host with a model that takes 14 ms of a core per request …\n');
const host = await startMillrace(scope, model, { threads: 1, scaling });
const client = await HostClient.find(host.dataDirectory);
const data = Array.from({ length: HEAVY_WIDTH }, () => 0.5);
const load = runVaryingLoad({
  url: `${host.inferenceUrl}/v2/models/heavy/infer`,
  body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, HEAVY_WIDTH], data }] }),
  durationMs,
  clients: (atMs) => phaseAt(atMs).clients,
  most: 32,
});

console.log('TIME   CLIENTS  COPIES (# ready, + starting)');
const startedMs = performance.now();
let lastEvent = (await events())[0]?.id ?? 0;
let phase = '';
for (let second = 0; second * 1000 <= durationMs; second++) {
  await sleep(Math.max(0, startedMs + second * 1000 - performance.now()));
  const now = phaseAt(performance.now() - startedMs);
  if (now.name !== phase) console.log(`                -- ${(phase = now.name)}`);
  for (const { id, sentence } of (await events()).toReversed()) {
    if (id <= lastEvent) continue;
    lastEvent = id;
    console.log(`                ${sentence}`);
  }
  const [view] = await client.get<ScalingView[]>('/scaling');
  const bar = view === undefined ? '' : '#'.repeat(view.ready) + '+'.repeat(view.starting);
  console.log(`${String(second).padStart(3)} s  ${String(now.clients).padStart(7)}  ${bar}`);
}
const { sent, statuses, lost, answers } = await load;
const times = answers.map(({ latencyMs }) => latencyMs);
console.log(
  `\n${sent} requests, ${statuses[200] ?? 0} answered, ${lost.length} lost; p50 ${quantile(times, 0.5).toFixed(0)} ms, p99 ${quantile(times, 0.99).toFixed(0)} ms`,
);
await root.close();

function events(): Promise<HostEvent[]> {
  return client.get<HostEvent[]>('/events?kind=scaling&limit=50');
}
