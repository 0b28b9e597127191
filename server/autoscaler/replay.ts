/**
 * What would have happened: a trace through the same controller that the host runs, on simulated time and simulated replicas.
 *
 * Deterministic: the same trace and policy give the same report. Ticks are at 0, tickMs, 2 × tickMs … before the end.
 */
import { MillraceError } from '../base/errors.ts';
import { memoryReserve } from './ceilings.ts';
import type { CeilingSettings } from './ceilings.ts';
import { staleAfterTicks } from './observation.ts';
import type { Machine } from './observation.ts';
import type { Policy } from './policy.ts';
import { summarise } from './replay-report.ts';
import type { ReplayReport, ReplayTick } from './replay-report.ts';
import { shareCapacity } from './share-capacity.ts';
import { SimulatedModel } from './simulated-model.ts';
import type { Trace } from './trace.ts';
import type { TraceMachine } from './trace-schema.ts';

/** More than this is a mistake in the times of a trace. */
const maxTicks = 1_000_000;

/** Errors: `invalid-config` where the trace would take no tick, or more than a million. */
export function replay(trace: Trace, given: Policy): ReplayReport {
  const policy = { ...given, tickMs: trace.tickMs ?? given.tickMs };
  const endMs = endOf(trace, policy.tickMs);
  const models = trace.models.map((model) => new SimulatedModel(model, policy));
  const timelines = models.map((): ReplayTick[] => []);
  for (let nowMs = 0; nowMs < endMs; nowMs += policy.tickMs) {
    const machine = machineNow(trace.machine, models);
    const shares = sharesNow(trace.machine, models, policy.ceilings);
    for (const [index, model] of models.entries())
      timelines[index]!.push(model.play(nowMs, machine, shares?.get(model.name)));
  }
  return {
    tickMs: policy.tickMs,
    warnings: [
      ...trace.warnings,
      ...models.flatMap((model, index) => [...absenceOf(model), ...silenceOf(model, timelines[index]!)]),
      ...(endsEarly(trace, policy.tickMs) ? [earlyEnd] : []),
    ],
    models: models.map(({ name }, index) => summarise(name, timelines[index]!)),
  };
}

function endOf({ durationMs, models }: Trace, tickMs: number): number {
  const lasts = models.map(({ samples }) => (samples.kind === 'load' ? samples.loads : samples.records).at(-1)!.t);
  const endMs = durationMs ?? Math.max(...lasts) + tickMs;
  const ticks = Math.ceil(endMs / tickMs);
  if (ticks >= 1 && ticks <= maxTicks) return endMs;
  throw new MillraceError('invalid-config', `The trace takes ${ticks} ticks; from 1 to ${maxTicks} can be replayed.`, {
    hint: 'Times are in milliseconds: check t, durationMs and tickMs.',
  });
}

/** `availableBytes` of a trace is what is free while no replica runs. */
function machineNow(machine: TraceMachine | undefined, models: readonly SimulatedModel[]): Machine | undefined {
  if (machine?.availableBytes === undefined) return machine;
  const replicasRssBytes = models.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  return { ...machine, availableBytes: machine.availableBytes - replicasRssBytes, replicasRssBytes };
}

/** One model alone has all that the ceilings leave; several divide it. */
function sharesNow(
  machine: TraceMachine | undefined,
  models: readonly SimulatedModel[],
  settings: CeilingSettings,
): Map<string, number> | undefined {
  if (machine === undefined || models.length < 2) return undefined;
  const { physicalCores, totalBytes = 0, availableBytes } = machine;
  return shareCapacity(
    {
      cores:
        physicalCores === undefined || !settings.cpu ? undefined : Math.max(0, physicalCores - settings.reservedCores),
      bytes:
        availableBytes === undefined || !settings.memory
          ? undefined
          : Math.max(0, availableBytes - memoryReserve(totalBytes, settings)),
    },
    models.map(({ claim }) => claim),
  );
}

function absenceOf({ name, absent }: SimulatedModel): string[] {
  if (absent.length === 0) return [];
  return [`${name}: the trace has no values for ${absent.join(', ')}, so the rules for them were left out.`];
}

function silenceOf({ name }: SimulatedModel, timeline: readonly ReplayTick[]): string[] {
  const silent = timeline.filter(({ cause }) => cause === 'no-metrics').length;
  if (silent === 0) return [];
  return [
    `${name}: no metric had a value at ${silent} of ${timeline.length} ticks; a value holds for ${staleAfterTicks}.`,
  ];
}

const earlyEnd = 'The trace ends a tick after its last sample, which is hardly seen; give durationMs to see more.';

/** A load that is sampled when it changes, and does not say how long the last one lasts. */
function endsEarly({ durationMs, models }: Trace, tickMs: number): boolean {
  if (durationMs !== undefined) return false;
  return models.some(({ samples }) => {
    if (samples.kind !== 'load') return false;
    const [before, last] = [samples.loads.at(-2)?.t ?? 0, samples.loads.at(-1)!.t];
    return last - before > tickMs || samples.loads.length === 1;
  });
}
