/** `millrace serve`: runs a host until it is told to stop, and says where it is and how to call it. */
import { resolve } from 'node:path';
import { readConfigFile } from '../config.ts';
import { curlLine, exampleRequest } from '../gateway/examples.ts';
import { demoModels } from '../host/model-library.ts';
import { startHost } from '../main.ts';
import type { Host } from '../main.ts';
import { ParentLine } from '../launch/parent-line.ts';
import { readStartSettings } from '../settings/start-settings.ts';
import { giveBackStartUpMemory } from './start-up-memory.ts';
import { scanStore } from '../models/store-scan.ts';

export interface ServeFlags {
  readonly config?: string;
  readonly models?: string;
  readonly demo?: boolean;
  readonly port?: number;
  readonly adminPort?: number;
  readonly replicas?: number;
  readonly data: string;
  readonly logLevel?: string;
  readonly logFile?: string;
  readonly json?: boolean;
  /** Started by a program that talks to it over Node's channel between processes. */
  readonly parent?: boolean;
}

/** A program that asks its host to stop waits no longer for it, milliseconds. */
const parentPatienceMs = 10_000;

export async function serve(flags: ServeFlags): Promise<void> {
  const parent = flags.parent === true ? new ParentLine() : undefined;
  const { config, ...settings } = await settingsFrom(flags);
  const host = await startHost(config, { settings });
  let signals = 0;
  const onSignal = (): void => {
    // The first asks, the second insists.
    if (++signals > 1) process.exit(1);
    if (flags.json !== true && parent === undefined)
      console.log('Stopping: accepted requests are answered first. Press Ctrl-C again to stop at once.');
    void host.stop().then(() => process.exit(0));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // It asks and does not insist: what asked before may have been its own signal.
  parent?.onStop(() => signals > 0 || onSignal());
  parent?.sayListening();
  await host.settled();
  if (signals > 0) return;
  giveBackStartUpMemory();
  // The program shows all of it, and what it keeps of these lines may be read by others: no link that lets somebody in.
  if (parent !== undefined) return;
  console.log(flags.json === true ? JSON.stringify(announcement(host)) : announcementText(host));
}

/** Flags over the environment, that over the file, that over what the interface kept; what none of them says is the schema's. */
async function settingsFrom(flags: ServeFlags): Promise<ReturnType<typeof readStartSettings>> {
  const file = flags.config === undefined ? {} : await readConfigFile(resolve(flags.config));
  const dataDirectory = String(file['dataDirectory'] ?? flags.data);
  const isNamed = flags.models !== undefined || file['models'] !== undefined;
  return readStartSettings({
    file,
    flags: {
      models: flags.models === undefined ? undefined : resolve(flags.models),
      http: { port: flags.port },
      admin: { port: flags.adminPort },
      drainTimeoutMs: flags.parent === true ? parentDrainMs(file['drainTimeoutMs']) : undefined,
      defaults: { replicas: flags.replicas },
      log: {
        level: flags.logLevel,
        format: flags.json === true ? 'json' : undefined,
        file: flags.logFile === undefined ? undefined : resolve(flags.logFile),
      },
    },
    environment: process.env,
    dataDirectory,
    models: isNamed || flags.demo === true ? demoModels : await storedModels(dataDirectory),
    where: flags.config ?? 'The command line',
  });
}

function parentDrainMs(written: unknown): number {
  return typeof written === 'number' ? Math.min(parentPatienceMs, written) : parentPatienceMs;
}

/** The store where it has models, else the demo models. What has changed on disk since its import is said and not served. */
async function storedModels(dataDirectory: string): Promise<string> {
  const { modelsFolder, problems } = await scanStore(dataDirectory);
  for (const { message, hint } of problems) console.error(`millrace: ${message}\n  ${hint}`);
  return modelsFolder ?? demoModels;
}

function announcement(host: Host): object {
  return {
    inferenceUrl: host.inferenceUrl,
    adminUrl: host.adminUrl,
    models: host.catalog
      .list()
      .map(({ name, version, state, stateReason }) => ({ name, version, state, reason: stateReason })),
    problems: host.problems,
  };
}

function announcementText(host: Host): string {
  const models = host.catalog.list();
  const ready = models.filter((model) => model.state === 'READY');
  const lines = [
    '',
    `  Millrace serves ${ready.length} of ${models.length} model${models.length === 1 ? '' : 's'}: ${ready.map((model) => model.name).join(', ') || 'none'}`,
    '',
    `  Apps call    ${host.inferenceUrl}      (open it in a browser for examples)`,
    `  Look at it   ${host.launchUrl()}`,
    '               (this link works once; `millrace open` makes another)',
  ];
  for (const model of models) {
    if (model.state !== 'READY') lines.push(`  Not served   ${model.name}: ${model.stateReason}`);
  }
  const easy = ready.find((model) => model.name === 'iris') ?? ready[0];
  const example = easy === undefined ? undefined : exampleRequest(easy);
  if (example !== undefined) lines.push('', '  Try it:', '', `  ${curlLine(host.inferenceUrl, example)}`);
  return [...lines, '', '  Ctrl-C stops it.', ''].join('\n');
}
