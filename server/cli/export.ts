/** `millrace export kubernetes` and `nginx`: of the running host's settings, or of a settings file; into a folder, or printed. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MillraceError } from '../base/errors.ts';
import { parseConfig, readConfigFile } from '../config.ts';
import type { Config } from '../config.ts';
import type { Export, ExportFacts } from '../export/export-facts.ts';
import { exportKubernetes } from '../export/kubernetes.ts';
import { exportNginx, nginxFile } from '../export/nginx.ts';
import { accessPath } from '../host/access.ts';
import { exportFacts } from '../host/export-facts.ts';
import type { KnownToHost } from '../host/export-facts.ts';
import { withKeys } from '../host/offline-keys.ts';
import { newKubernetesExportSchema, newNginxExportSchema } from '../protocol/admin/export.ts';
import type { ExportView, KubernetesWishes, NginxWishes } from '../protocol/admin/export.ts';
import { SourceList } from '../sources/source-list.ts';
import { version } from '../version.ts';
import { HostClient } from './host-client.ts';

export interface ExportFlags {
  readonly data: string;
  readonly config?: string;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export interface KubernetesFlags extends ExportFlags {
  readonly name?: string;
  readonly namespace?: string;
  readonly image?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly storage?: string;
  /** True without a value. */
  readonly gpu?: string | true;
  readonly nodeSelector?: readonly string[];
  readonly min?: string;
  readonly max?: string;
  readonly customMetrics?: boolean;
  /** False with --no-redis. */
  readonly redis: boolean;
  readonly redisSecret?: string;
  readonly s3Secret?: string;
  readonly s3Endpoint?: string;
  readonly serviceAccount?: string;
  readonly host?: readonly string[];
  readonly helm?: boolean;
}

export interface NginxFlags extends ExportFlags {
  readonly listen?: string;
  readonly serverName?: readonly string[];
  readonly certificate?: string;
  readonly certificateKey?: string;
  readonly hostAuthority?: string;
}

export async function kubernetesCommand(flags: KubernetesFlags): Promise<void> {
  const wishes = kubernetesWishes(flags);
  const { files, notes } = await exported(flags, '/exports/kubernetes', wishes, (facts) =>
    exportKubernetes(facts, checked(newKubernetesExportSchema, wishes)),
  );
  const isChart = flags.helm === true;
  if (isChart && flags.out === undefined && flags.json !== true) {
    throw new MillraceError('invalid-config', 'A chart is a folder, and none is named.', {
      hint: 'Add --out <folder>.',
    });
  }
  // The words for people are in the notes; a cluster takes the documents.
  const documents = files.filter(({ path }) => path.endsWith('.yaml') && !path.includes('/'));
  await give(flags, { files, notes }, () => documents.map(({ text }) => text).join('---\n'));
}

export async function nginxCommand(hosts: readonly string[], flags: NginxFlags): Promise<void> {
  const wishes: NginxWishes = {
    hosts: [...hosts],
    ...(flags.listen !== undefined && { listen: flags.listen }),
    ...(flags.serverName !== undefined && { serverNames: [...flags.serverName] }),
    ...(flags.certificate !== undefined && { certificate: flags.certificate }),
    ...(flags.certificateKey !== undefined && { certificateKey: flags.certificateKey }),
    ...(flags.hostAuthority !== undefined && { hostAuthority: flags.hostAuthority }),
  };
  const made = await exported(flags, '/exports/nginx', wishes, (facts) =>
    exportNginx(facts, checked(newNginxExportSchema, wishes)),
  );
  await give(flags, made, () => made.files.find(({ path }) => path === nginxFile)!.text);
}

/** By the running host, of the settings that it runs with; with --config of that file, and with neither of the usual settings. */
async function exported(
  flags: ExportFlags,
  route: string,
  wishes: object,
  make: (facts: ExportFacts) => Export,
): Promise<ExportView | Export> {
  if (flags.config === undefined) {
    const client = await HostClient.find(flags.data);
    return client.post<ExportView>(route, wishes);
  }
  const path = resolve(flags.config);
  const raw = await readConfigFile(path);
  const dataDirectory = typeof raw['dataDirectory'] === 'string' ? raw['dataDirectory'] : flags.data;
  // What the flags of `serve` may say instead of the file is of no weight here.
  const config = parseConfig({ models: join(dataDirectory, 'models'), ...raw, dataDirectory }, flags.config);
  const sources = await new SourceList(dataDirectory, config.sources).all();
  return make(
    exportFacts(config, {
      version,
      sources: sources.map(({ settings }) => settings),
      timeoutsMs: [],
      keys: keysOf(config, dataDirectory),
    }),
  );
}

/** Of the settings file, and those that `millrace keys` keeps in the data folder. */
function keysOf(config: Config, dataDirectory: string): KnownToHost['keys'] {
  // An export makes no data folder.
  if (!existsSync(accessPath(dataDirectory))) return { keys: config.keys, ending: [] };
  const { keys, ending } = withKeys(dataDirectory, (ring) => ring.forSettings(Date.now()));
  return { keys: [...config.keys, ...keys], ending };
}

function kubernetesWishes(flags: KubernetesFlags): KubernetesWishes {
  const { name, namespace, image, memory, storage, redisSecret, s3Secret, s3Endpoint, serviceAccount } = flags;
  const given = { name, namespace, image, memory, storage, redisSecret, s3Secret, s3Endpoint, serviceAccount };
  const numbers = { cpu: flags.cpu, min: flags.min, max: flags.max };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...Object.fromEntries(
      Object.entries(numbers).flatMap(([key, value]) => (value === undefined ? [] : [[key, Number(value)]])),
    ),
    ...(flags.gpu !== undefined && { gpu: gpuOf(flags.gpu) }),
    ...(flags.nodeSelector !== undefined && { nodeSelector: labelsOf(flags.nodeSelector) }),
    ...(flags.host !== undefined && { hosts: [...flags.host] }),
    redis: flags.redis,
    customMetrics: flags.customMetrics === true,
    form: flags.helm === true ? 'helm' : 'yaml',
  };
}

/** `2`, `amd.com/gpu`, `nvidia.com/mig-1g.10gb=2`; without a value one of NVIDIA's. */
function gpuOf(text: string | true): { resource: string; count: number } {
  if (text === true) return { resource: 'nvidia.com/gpu', count: 1 };
  if (/^\d+$/.test(text)) return { resource: 'nvidia.com/gpu', count: Number(text) };
  const [resource = '', count = '1'] = text.split('=');
  return { resource, count: Number(count) };
}

function labelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)] as const;
      throw new MillraceError('invalid-config', `--node-selector ${pair} is no <label>=<value>.`);
    }),
  );
}

interface Schema<Value> {
  safeParse(
    raw: unknown,
  ):
    | { success: true; data: Value }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/** As the host checks what it is sent. Throws `invalid-config`. */
function checked<Value>(schema: Schema<Value>, wishes: unknown): Value {
  const parsed = schema.safeParse(wishes);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')} ${message}`);
  throw new MillraceError('invalid-config', `This cannot be exported: ${faults.join('; ')}.`, {
    hint: '`millrace export kubernetes --help` and `millrace export nginx --help` say what there is.',
  });
}

async function give(flags: ExportFlags, { files, notes }: Export | ExportView, print: () => string): Promise<void> {
  if (flags.out !== undefined) await write(resolve(flags.out), files, flags.force === true);
  if (flags.json === true) {
    console.log(
      JSON.stringify(
        flags.out === undefined ? { files, notes } : { out: flags.out, files: files.map(({ path }) => path), notes },
        undefined,
        2,
      ),
    );
    return;
  }
  if (flags.out === undefined) process.stdout.write(print());
  else console.log(`Wrote ${files.map(({ path }) => path).join(', ')} into ${flags.out}.`);
  for (const note of notes) console.error(`Note: ${note}`);
}

async function write(folder: string, files: Export['files'], isForced: boolean): Promise<void> {
  const present = await readdir(folder, { recursive: true }).catch(() => []);
  const taken = files.filter(({ path }) => (present as readonly string[]).includes(path));
  if (taken.length > 0 && !isForced) {
    throw new MillraceError('invalid-config', `${folder} has ${taken.map(({ path }) => path).join(', ')} already.`, {
      hint: 'Name another folder, or add --force to write over them.',
    });
  }
  for (const { path, text } of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
