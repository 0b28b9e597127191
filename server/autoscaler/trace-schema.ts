/**
 * The fields of a trace file with their ranges, and their names. What a schema cannot say is in trace.ts.
 */
import { z } from 'zod';

const maxTimeMs = 366 * 24 * 3_600_000;
const maxSamples = 1_000_000;

const count = z.int('must be a whole number').min(0, 'must not be negative');
const positive = count.min(1, 'must be at least 1');
const time = count.max(maxTimeMs, 'must be at most a year in milliseconds');

/** A measurement as it was: null, NaN (as a text) and negative ones are kept, because that they are refused is worth replaying. */
const measurement = z
  .union([z.number(), z.null(), z.literal(['NaN', 'Infinity', '-Infinity'])], 'must be a number or null')
  .transform((value) => (value === null ? Number.NaN : Number(value)));

export const metricsSchema = z.object({
  outstanding: measurement.optional(),
  queued: measurement.optional(),
  requestRate: measurement.optional(),
  cpuPercent: measurement.optional(),
  cpuPercentByReplica: z.array(measurement, 'must be a list').optional(),
  memoryPercent: measurement.optional(),
  queueWaitP99Ms: measurement.optional(),
  serviceP99Ms: measurement.optional(),
  latencyP99Ms: measurement.optional(),
  requests: measurement.optional(),
  overloadFailures: measurement.optional(),
});

const load = z.number('must be a number').min(0, 'must not be negative').max(1e6, 'must be at most 1,000,000');

export const sampleSchema = z.object(
  { t: time, load: load.optional(), erlangs: load.optional(), metrics: metricsSchema.optional() },
  'must be an object',
);

export const eventSchema = z.object(
  {
    t: time,
    type: z.enum(
      ['pause', 'manual', 'freeze', 'resume', 'restart', 'clock-jump'],
      'must be pause, manual, freeze, resume, restart or clock-jump',
    ),
    replicas: count.optional(),
    byMs: z.int('must be a whole number').optional(),
  },
  'must be an object',
);

const replicaSchema = z.object({ threads: positive.default(1), peakRssBytes: count.optional() }, 'must be an object');

export const machineSchema = z.object(
  { physicalCores: positive.optional(), totalBytes: count.optional(), availableBytes: count.optional() },
  'must be an object',
);

export const modelShape = {
  initialReplicas: count.max(1000, 'must be at most 1000').optional(),
  startupMs: time.default(0),
  slotsPerReplica: positive.default(1),
  serviceMs: positive.default(1000),
  saturatesAt: positive.optional(),
  priority: z.int('must be a whole number').default(0),
  replica: replicaSchema.prefault({}),
  samples: z
    .array(sampleSchema, 'must be a list')
    .min(1, 'must not be empty')
    .max(maxSamples, `must have at most ${maxSamples} entries`),
  events: z.array(eventSchema, 'must be a list').default([]),
};

const headShape = {
  version: z.literal(1, 'must be 1'),
  name: z.string('must be a text').optional(),
  tickMs: positive.max(600_000, 'must be at most 600000').optional(),
  durationMs: time.optional(),
  machine: machineSchema.optional(),
};

export const singleSchema = z.object({ ...headShape, ...modelShape }, 'must be an object');
export const severalSchema = z.object(
  { ...headShape, models: z.record(z.string(), z.object(modelShape, 'must be an object'), 'must be an object') },
  'must be an object',
);

export type TraceMetrics = z.output<typeof metricsSchema>;
export type TraceEvent = z.output<typeof eventSchema>;
export type TraceMachine = z.output<typeof machineSchema>;
export type ParsedSample = z.output<typeof sampleSchema>;
export type ParsedModel = z.output<z.ZodObject<typeof modelShape>>;

/** Names of the fields by place; others are reported and ignored. */
export const known = {
  head: Object.keys(headShape),
  model: Object.keys(modelShape),
  sample: Object.keys(sampleSchema.shape),
  metrics: Object.keys(metricsSchema.shape),
  event: Object.keys(eventSchema.shape),
  replica: Object.keys(replicaSchema.shape),
  machine: Object.keys(machineSchema.shape),
};
