/** Millrace as a user starts it: the command line with a settings file, found by what it announces. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findHost } from '../../server/cli/host-client.ts';
import type { HostView } from '../../server/protocol/admin/host-view.ts';
import { readAnnouncement } from './announcement.ts';
import type { StoredModel } from './bench-model.ts';
import type { Scope } from './scope.ts';

const program = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));

export interface MillraceHost {
  readonly pid: number;
  readonly inferenceUrl: string;
  /** For commands that look for the host. */
  readonly dataDirectory: string;
  status(): Promise<HostView>;
}

export interface MillraceSettings {
  /** A fixed number; undefined lets the autoscaler decide. */
  readonly replicas?: number;
  /** The autoscaler's policy. */
  readonly scaling?: Readonly<Record<string, unknown>>;
  /** Threads of each replica; undefined leaves them to Millrace. */
  readonly threads?: number;
  /** Whether answers are saved. Default false: the benchmarks repeat one request, and are about what runs. */
  readonly cache?: boolean;
}

/** Resolves once the model is ready. The host ends with the scope. */
export async function startMillrace(
  scope: Scope,
  { repository }: Pick<StoredModel, 'repository'>,
  { replicas, threads, scaling, cache = false }: MillraceSettings,
): Promise<MillraceHost> {
  const folder = await scope.temporaryFolder();
  const configPath = join(folder, 'millrace.json');
  const config = {
    models: repository,
    dataDirectory: join(folder, 'data'),
    http: { port: 0 },
    admin: { port: 0 },
    // The same request is sent again and again: saved answers would be measured, and not serving.
    cache: { enabled: cache },
    defaults: { replicas, threads, scaling },
    log: { level: 'warn' },
  };
  await writeFile(configPath, JSON.stringify(config));
  const args = [program, 'serve', '--config', configPath, '--json'];
  const child = await scope.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { inferenceUrl, models } = await readAnnouncement<{
    inferenceUrl: string;
    models: { name: string; state: string; reason: string }[];
  }>(child, 'millrace serve');
  const broken = models.find((model) => model.state !== 'READY');
  if (broken !== undefined) throw new Error(`Millrace does not serve ${broken.name}: ${broken.reason}`);
  return {
    pid: child.pid!,
    inferenceUrl,
    dataDirectory: config.dataDirectory,
    status: async () => (await findHost(config.dataDirectory)).status,
  };
}
