/** Gathers what the doctor judges: from the machine, the data folder, the store and, where one runs, the host. */
import { existsSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DeviceFacts, DoctorFacts, HostFacts, ModelFacts, PortFact } from '../doctor/doctor-facts.ts';
import { historyFacts } from '../doctor/history-facts.ts';
import {
  dataFolderFacts,
  databaseFacts,
  diskFacts,
  isPortFree,
  loadPercent,
  maxOpenFiles,
  proxyVariables,
  temporaryFacts,
} from '../doctor/local-facts.ts';
import { askAvailableBytes, askAvx2, askPortHolder } from '../metrics/system-information.ts';
import { ModelStore } from '../models/model-store.ts';
import type { DevicesView } from '../protocol/admin/devices-view.ts';
import type { HostEvent } from '../protocol/admin/host-event.ts';
import type { HostView } from '../protocol/admin/host-view.ts';
import type { EventQuery } from '../admin/event-routes.ts';

export interface DoctorSources {
  readonly dataDirectory: string;
  readonly ports: { readonly inference: number; readonly admin: number };
  readonly memoryBudgetBytes: number;
  /** Undefined where no host runs. */
  view(): HostView | undefined;
  events(query: EventQuery): readonly HostEvent[];
  devices(): Promise<DevicesView>;
}

/** Bytes of models that are read without being asked for: some seconds. */
const quickBytes = 2e9;

const guiPage = fileURLToPath(new URL('../../dist/gui/index.html', import.meta.url));

export async function gatherFacts(
  sources: DoctorSources,
  isDeep: boolean,
  signal: AbortSignal,
  onStep: (step: string) => void,
): Promise<DoctorFacts> {
  const { dataDirectory, ports, memoryBudgetBytes } = sources;
  const view = sources.view();
  onStep('Looking at this computer');
  const data = await dataFolderFacts(dataDirectory);
  const [disk, temporary, inference, admin, availableBytes, databases] = await Promise.all([
    diskFacts(dataDirectory),
    temporaryFacts(),
    portFact('inference', ports.inference, view?.inferenceUrl),
    portFact('admin', ports.admin, view?.adminUrl),
    askAvailableBytes().catch(() => freemem()),
    data.exists ? databaseFacts(dataDirectory) : [],
  ]);
  signal.throwIfAborted();
  onStep('Reading the models');
  const models = await modelFacts(dataDirectory, isDeep ? Number.POSITIVE_INFINITY : quickBytes, signal);
  signal.throwIfAborted();
  onStep('Trying the devices');
  const devices = await deviceFacts(() => sources.devices());
  signal.throwIfAborted();
  const nowMs = Date.now();
  return {
    nowMs,
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.version,
    host: view && hostFacts(view),
    ports: [inference, admin],
    data,
    temporary,
    disk,
    memory: {
      totalBytes: totalmem(),
      availableBytes,
      budgetBytes: memoryBudgetBytes,
      usedBytes: view && copyBytes(view),
    },
    cores: availableParallelism(),
    loadPercent: loadPercent(),
    maxOpenFiles: maxOpenFiles(),
    databases,
    models,
    devices,
    history: historyFacts(
      {
        replicas: sources.events({ kind: 'replica', limit: 1000 }),
        starts: sources.events({ kind: 'host-started', limit: 100 }),
        stops: sources.events({ kind: 'host-stopped', limit: 100 }),
      },
      nowMs,
      view !== undefined,
    ),
    isGuiBuilt: existsSync(guiPage),
    proxyVariables: proxyVariables(process.env),
  };
}

function hostFacts(view: HostView): HostFacts {
  return {
    pid: view.pid,
    version: view.version,
    upSeconds: view.upSeconds,
    inferenceUrl: view.inferenceUrl,
    hasWarden: view.wardenPid !== undefined,
    models: view.models.map(({ name, state, reason }) => ({ name, state, reason })),
    problems: view.problems,
  };
}

function copyBytes({ models }: HostView): number {
  return models.reduce((sum, { versions }) => sum + versions.reduce((all, { rssBytes }) => all + rssBytes, 0), 0);
}

async function portFact(what: PortFact['what'], wanted: number, url: string | undefined): Promise<PortFact> {
  const used = url === undefined ? undefined : Number(new URL(url).port);
  const isOurs = used !== undefined && (wanted === 0 || used === wanted);
  const isFree = isOurs || wanted === 0 ? undefined : await isPortFree(wanted);
  const holder = isFree === false ? await askPortHolder(wanted).catch(() => undefined) : undefined;
  return { what, wanted, used, isFree, holder };
}

/** Compares what the store has with what was imported, up to so many bytes. */
async function modelFacts(dataDirectory: string, maxBytes: number, signal: AbortSignal): Promise<ModelFacts> {
  const store = new ModelStore(dataDirectory);
  const faults: { name: string; version: string; fault: string }[] = [];
  let versions = 0;
  let checkedBytes = 0;
  let isPartly = false;
  for (const name of existsSync(join(dataDirectory, 'models')) ? await store.names() : []) {
    for (const version of await store.versions(name)) {
      versions++;
      if (checkedBytes >= maxBytes || signal.aborted) {
        isPartly = true;
        continue;
      }
      const { fault } = await store.check(name, version, (bytes) => (checkedBytes += bytes));
      if (fault !== undefined) faults.push({ name, version, fault });
    }
  }
  return { versions, checkedBytes, isPartly, faults };
}

async function deviceFacts(ask: () => Promise<DevicesView>): Promise<DeviceFacts> {
  const hasAvx2 = await askAvx2().catch(() => undefined);
  try {
    const { runtimeVersion, devices, graphics } = await ask();
    return {
      fault: undefined,
      runtimeVersion,
      usable: devices.filter(({ isUsable }) => isUsable).map(({ name }) => name),
      graphics: graphics.map(({ name }) => name),
      failed: devices.filter(({ isUsable }) => !isUsable).map(({ name, reason }) => ({ name, reason })),
      hasAvx2,
    };
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { fault, runtimeVersion: undefined, usable: [], graphics: [], failed: [], hasAvx2 };
  }
}
