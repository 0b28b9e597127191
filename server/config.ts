/**
 * The settings of a host: every one with its unit, its default and the reason for it. Parsed from a file and from flags by
 * the same schema.
 */
import { isIP } from 'node:net';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { MillraceError } from './base/errors.ts';
import { lanWishSchema } from './protocol/admin/lan-view.ts';
import { newKeySchema } from './protocol/admin/key-view.ts';
import { sourceSettingsSchema } from './protocol/admin/source-settings.ts';
import { deviceWishPattern } from './protocol/device.ts';

const megabyte = 1024 * 1024;
const whole = (min: number, max: number) => z.int().min(min).max(max);

const port = whole(0, 65_535);

const limitsSchema = z
  .strictObject({
    /** 64 MiB, as Triton: above any sensible image batch. */
    maxBodyBytes: whole(1024, 1024 * megabyte).default(64 * megabyte),
    /** 128 MiB: two bodies of the largest size, or four hundred of 300 KB. */
    maxBufferedBytes: whole(1024, 64 * 1024 * megabyte).default(128 * megabyte),
    maxConnections: whole(1, 100_000).default(4096),
    /** 10 s: a slow LAN needs milliseconds, a slowloris needs forever. */
    headersTimeoutMs: whole(100, 600_000).default(10_000),
    /** Head and body together, 120 s: 64 MiB over a line of 5 Mbit/s. */
    requestTimeoutMs: whole(100, 3_600_000).default(120_000),
    /** 75 s: longer than the idle time of common proxies, so that they close first. */
    keepAliveTimeoutMs: whole(0, 3_600_000).default(75_000),
    /** Bodies that wait in one model's queue, 32 MiB. */
    maxQueueBytes: whole(1024, 64 * 1024 * megabyte).default(32 * megabyte),
  })
  .refine(({ headersTimeoutMs, requestTimeoutMs }) => headersTimeoutMs <= requestTimeoutMs, {
    path: ['headersTimeoutMs'],
    error: 'must not be longer than requestTimeoutMs, which it is a part of',
  });

/** Where several machines share what they keep; the text may hold a password and is never shown. */
const redisUrl = z
  .string()
  .refine((text) => {
    const url = URL.parse(text);
    return url !== null && (url.protocol === 'redis:' || url.protocol === 'rediss:') && url.hostname !== '';
  }, 'must be a URL like redis://host:6379')
  .optional();

const cacheSchema = z.strictObject({
  /** False: no answer is kept, whatever a model's millrace.json says. */
  enabled: z.boolean().default(true),
  /** 3600 s, one hour: long enough for screens that ask the same again and again, short enough to forget by itself. */
  ttlSeconds: whole(1, 31_536_000).default(3600),
  /** 256 MiB: about 600,000 answers of a small classifier. */
  maxBytes: whole(megabyte, 1024 * 1024 * megabyte).default(256 * megabyte),
  /** Absent: in the data folder. */
  redis: redisUrl,
});

/** A key whose secret is kept elsewhere, such as in a secret of Kubernetes: only its hash stands here. */
const keySchema = newKeySchema.omit({ days: true }).extend({
  /** Of the whole text of the key, `mr_<id>_<secret>`. `millrace keys create --print-hash` makes both. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  /** The 8 digits in the text of the key. */
  id: z.string().regex(/^[0-9a-f]{8}$/, 'must be 8 hexadecimal digits'),
});

const configSchema = z.strictObject({
  /** Folder in Triton's layout, `<model>/<version>/model.onnx`. */
  models: z.string().min(1),
  http: z
    .strictObject({
      /** Loopback only: the network has listeners of its own, see `lan`. */
      host: z.string().default('127.0.0.1'),
      /** 8000 is Triton's, so that its clients need no flag; 0 takes any free port. */
      port: port.default(8000),
    })
    .prefault({}),
  /** Where `millrace status` asks; 0 takes any free port. */
  admin: z.strictObject({ port: port.default(8090) }).prefault({}),
  /** What the start-up writes so that the command line finds the host. */
  dataDirectory: z.string().min(1),
  /** Names beside localhost under which clients reach this machine. */
  allowedHosts: z.array(z.string().min(1).max(253)).max(64).default([]),
  /** Keys of client programs beside those that `millrace keys` keeps in the data folder. */
  keys: z.array(keySchema).max(256).default([]),
  /** How the network reaches this host. Absent: as `millrace lan` and the GUI say. */
  lan: lanWishSchema.optional(),
  /** Used by models whose millrace.json does not say otherwise. */
  defaults: z
    .strictObject({
      strategy: z.enum(['auto', 'round-robin', 'least-connections', 'ip-hash', 'session', 'random']).default('auto'),
      replicas: whole(1, 64).optional(),
      threads: whole(1, 256).optional(),
      /** 60 s, nginx's read timeout. */
      timeoutMs: whole(1, 3_600_000).default(60_000),
      /** The autoscaler's policy, `priority` and `warmSpare`; docs/autoscaling.md lists the fields, which are checked there. */
      scaling: z.record(z.string(), z.unknown()).default({}),
    })
    .prefault({}),
  devices: z
    .strictObject({
      /** Of models that name none. Absent: `auto` once `millrace devices` has probed this machine, the CPU before. */
      device: z.string().regex(deviceWishPattern).optional(),
      /** Of each graphics processor's memory; the screen and other programs need the rest. */
      graphicsMemoryPercent: whole(1, 100).default(90),
    })
    .prefault({}),
  cache: cacheSchema.prefault({}),
  /** Where `/predict` finds the features of an entity. */
  features: z
    .strictObject({
      /** Absent: in the data folder. */
      redis: redisUrl,
    })
    .prefault({}),
  limits: limitsSchema.prefault({}),
  /** Places that models come from; those added by the command line are kept in the data folder. */
  sources: z.array(sourceSettingsSchema).max(32).default([]),
  /** Not ready before each source was synced once: where a balancer asks, a host without its models gets no requests. */
  waitForSources: z.boolean().default(false),
  /** Resident memory of all replicas together. Default: a share of the machine, see host/memory-budget.ts. */
  memoryBudgetBytes: whole(1024, 2 ** 50).optional(),
  compatibility: z
    .strictObject({
      /** Name in `/v2`; three of NVIDIA's example scripts insist on `triton`. */
      serverName: z.string().min(1).max(64).default('millrace'),
      /** Triton's model control modes: with `explicit`, whoever reaches the inference listener may load and unload models. */
      repositoryControl: z.enum(['none', 'explicit']).default('none'),
    })
    .prefault({}),
  /** How long a stop waits for accepted requests, milliseconds. */
  drainTimeoutMs: whole(0, 3_600_000).default(60_000),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
      format: z.enum(['text', 'json']).default('text'),
      /** Absent: standard error. At 10 MB it becomes `<file>.1`. */
      file: z.string().min(1).optional(),
    })
    .prefault({}),
});

export type Config = z.infer<typeof configSchema>;

/** The schema as JSON Schema, for those who list settings or check them elsewhere. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
}

/** Throws `invalid-config`, naming each wrong field, what it is and what it may be. */
export function parseConfig(raw: unknown, where: string): Config {
  const result = configSchema.safeParse(raw);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'the settings'}: ${issue.message}`);
    throw new MillraceError('invalid-config', `${where} cannot be used: ${faults.join('; ')}.`, {
      hint: 'Correct these settings; docs/configuration.md lists all of them.',
    });
  }
  const { host } = result.data.http;
  if (!isLoopback(host)) {
    throw new MillraceError(
      'invalid-config',
      `http.host is '${host}', which other machines could reach without a key.`,
      {
        hint: 'Leave it at 127.0.0.1 and let the network in with `millrace lan on`, or with the setting lan.',
      },
    );
  }
  const names = result.data.sources.map(({ name }) => name);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin !== undefined) {
    throw new MillraceError('invalid-config', `${where} has two sources of the name ${twin}.`, { hint: 'Rename one.' });
  }
  return result.data;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Reads a settings file; relative folders in it are relative to it, and a text that is `${NAME}` as a whole stands for that variable of
 * the environment, so that secrets need not be in the file. Throws `invalid-config`.
 */
export async function readConfigFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new MillraceError('invalid-config', `The settings file ${path} cannot be read.`, {
      hint: 'Check the path given to --config.',
      cause: error,
    });
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new MillraceError('invalid-config', `The settings file ${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new MillraceError('invalid-config', `The settings file ${path} holds no JSON object.`);
  }
  const settings = filledIn(raw, environment, path) as Record<string, unknown>;
  for (const key of ['models', 'dataDirectory']) {
    if (typeof settings[key] === 'string') settings[key] = resolve(path, '..', settings[key]);
  }
  const log = settings['log'] as Record<string, unknown> | null | undefined;
  if (typeof log?.['file'] === 'string') log['file'] = resolve(path, '..', log['file']);
  for (const source of Array.isArray(settings['sources']) ? (settings['sources'] as Record<string, unknown>[]) : []) {
    for (const key of ['path', 'caFile']) {
      if (typeof source?.[key] === 'string') source[key] = resolve(path, '..', source[key]);
    }
  }
  return settings;
}

function filledIn(value: unknown, environment: Readonly<Record<string, string | undefined>>, path: string): unknown {
  if (Array.isArray(value)) return value.map((each) => filledIn(each, environment, path));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filledIn(each, environment, path)]));
  }
  const name = typeof value === 'string' ? /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(value)?.[1] : undefined;
  if (name === undefined) return value;
  const text = environment[name];
  if (text !== undefined && text !== '') return text;
  throw new MillraceError('invalid-config', `The settings file ${path} names the variable ${name}, which is not set.`, {
    hint: `Set ${name} in the environment of Millrace, or write the value into the file.`,
  });
}
