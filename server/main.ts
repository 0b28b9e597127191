/**
 * The composition root: builds a host from its settings, starts it, stops it. Nothing here decides anything about a request.
 *
 *   start: scan the models → listener → admin → run file → one Deployment for each model
 *   stop:  no new connection → accepted requests answered → replicas ended → warden ended
 */
import { join } from 'node:path';
import { createLog } from './base/log.ts';
import type { Log } from './base/log.ts';
import { DeviceBook } from './cluster/device-book.ts';
import { EmptyDirectory, replicaEntry, spawnReplica } from './cluster/spawn.ts';
import type { ReplicaProcess } from './cluster/spawn.ts';
import { Warden } from './cluster/warden.ts';
import type { Config } from './config.ts';
import { EventLog } from './events/event-log.ts';
import { LogTail } from './events/log-tail.ts';
import { InferenceListener } from './gateway/inference-listener.ts';
import { digestsPath, openAnswerStore } from './host/answer-store.ts';
import { Access } from './host/access.ts';
import { Catalog } from './host/catalog.ts';
import { AdminApi } from './host/admin-api.ts';
import { hostExport } from './host/host-export.ts';
import { CopyDesk } from './host/copy-desk.ts';
import { HostSources } from './host/host-sources.ts';
import { HostTrash } from './host/host-trash.ts';
import { HistoryRecorder } from './host/history-recorder.ts';
import { openFeatureStore } from './host/feature-place.ts';
import { LanEndpoint } from './host/lan-endpoint.ts';
import { adjustFirewall } from './host/lan-firewall.ts';
import { listenNear } from './host/listen.ts';
import { PairingDesk } from './host/pairing-desk.ts';
import { RunFile } from './host/run-file.ts';
import { defaultMemoryBudgetBytes } from './host/memory-budget.ts';
import { ModelBuilder } from './host/model-builder.ts';
import { ModelCommands } from './host/model-commands.ts';
import { ModelLibrary } from './host/model-library.ts';
import { measuringOf } from './host/measuring.ts';
import { recordedVersion } from './host/recorded-version.ts';
import { repositoryControl } from './host/repository-control.ts';
import { Residency } from './host/residency.ts';
import { checkOurselves } from './host/self-check-desk.ts';
import { SourceScheduler } from './host/source-scheduler.ts';
import { ScalingBook } from './host/scaling-book.ts';
import { Scaling } from './host/scaling.ts';
import { upkeepOf } from './host/upkeep.ts';
import { TestCases } from './host/test-cases.ts';
import { tryModel } from './inspect/trial-load.ts';
import { countPhysicalCores, MachineMeter } from './metrics/machine.ts';
import { GraphicsMeter } from './metrics/graphics-meter.ts';
import { History } from './metrics/history.ts';
import { renderMetrics } from './metrics/inference-metrics.ts';
import { askGraphics } from './metrics/system-information.ts';
import { FileDigests } from './models/file-digests.ts';
import type { RepositoryProblem } from './models/repository.ts';
import type { NewHostEvent } from './protocol/admin/host-event.ts';
import { settingsOfProgram } from './settings/start-settings.ts';
import type { StartSettings } from './settings/start-settings.ts';
import type { LogQuery, LogView } from './protocol/admin/log-view.ts';
import { SourceList } from './sources/source-list.ts';
import { version } from './version.ts';

export interface Host {
  readonly inferenceUrl: string;
  readonly adminUrl: string;
  /** A new link that opens the GUI once. */
  launchUrl(): string;
  readonly catalog: Catalog;
  readonly models: ModelCommands;
  readonly residency: Residency;
  /** What happened, also before this run. */
  readonly events: EventLog;
  readonly problems: readonly RepositoryProblem[];
  /** Resolves once every model answers or has been given up. */
  settled(): Promise<void>;
  /** Answers what has been accepted, then ends all children. Idempotent. */
  stop(): Promise<void>;
}

/** Parts that tests replace. */
export interface HostParts {
  readonly log?: Log;
  /** Program that a replica process runs. */
  readonly replicaEntry?: string;
  /** Who said which setting. Default: the program that starts the host. */
  readonly settings?: StartSettings;
  /** Hears what a person may want to know later, beside the log. */
  readonly onEvent?: (event: NewHostEvent) => void;
}

/** How often `settled` looks, milliseconds. */
const settledPollMs = 10;

const logLevels = { info: 'info', attention: 'warn', failure: 'error' } as const;

export async function startHost(config: Config, parts: HostParts = {}): Promise<Host> {
  const startedMs = performance.now();
  const logTail = new LogTail();
  const { level, format, file } = config.log;
  const log = parts.log ?? createLog(level, format, { file, listener: logTail });
  const events = new EventLog({
    path: join(config.dataDirectory, 'events.db'),
    onTrouble: (message, error) => log.warn({ error }, message),
  });
  const onEvent = (event: NewHostEvent): void => {
    // What a replica does is in the log already, with more than an event says.
    if (event.kind !== 'replica') log[logLevels[event.severity]](event.sentence);
    parts.onEvent?.(event);
    events.append(event);
  };
  const access = new Access(config, onEvent);
  const library = new ModelLibrary(config.models, config.dataDirectory);
  const scan = await library.scan();
  for (const problem of scan.problems) log.warn(`${problem.path}: ${problem.message} ${problem.hint}`);

  const emptyDirectory = new EmptyDirectory();
  const warden = new Warden(emptyDirectory.path);
  const spawn = (): ReplicaProcess => {
    const replica = spawnReplica(parts.replicaEntry ?? replicaEntry, emptyDirectory.path);
    warden.add(replica.pid);
    replica.child.on('exit', () => warden.remove(replica.pid));
    return replica;
  };
  const catalog = new Catalog();
  const memoryBudgetBytes = config.memoryBudgetBytes ?? defaultMemoryBudgetBytes();
  const residency = new Residency({ budgetBytes: memoryBudgetBytes, onEvent });
  const { graphicsMemoryPercent } = config.devices;
  const devices = new DeviceBook({ dataDirectory: config.dataDirectory, graphicsMemoryPercent, askGraphics });
  const book = new ScalingBook(config.defaults, onEvent);
  const physicalCores = await countPhysicalCores();
  const expected = scan.names;
  const shared = { config, log, library, catalog, residency, book, devices };
  const answers = openAnswerStore(config, onEvent);
  const features = openFeatureStore(config, onEvent);
  const digests = new FileDigests(digestsPath(config.dataDirectory));
  const builder = new ModelBuilder({ ...shared, expected, physicalCores, answers, digests, spawn, onEvent });
  const models = new ModelCommands({
    catalog,
    library,
    residency,
    maxHeldBytes: config.limits.maxQueueBytes,
    onEvent,
    build: (model, version, settings) => builder.build(model, version, settings),
  });
  for (const name of scan.names) await models.open(name);
  const machine = new MachineMeter(physicalCores);
  const graphics = new GraphicsMeter();
  const history = new History({
    path: join(config.dataDirectory, 'history.db'),
    onTrouble: (message, error) => log.warn({ error }, message),
  });
  const scaling = new Scaling({ catalog, residency, book, machine, dataDirectory: config.dataDirectory, log, onEvent });
  const pairing: PairingDesk = new PairingDesk({
    access,
    onEvent,
    urls: () => lan.urls,
    authorityPem: () => lan.authorityPem(),
  });
  const listener = new InferenceListener({
    pairing,
    catalog,
    limits: config.limits,
    rules: access.doorRules,
    face: access.here,
    serverName: config.compatibility.serverName,
    repositoryControl:
      config.compatibility.repositoryControl === 'explicit'
        ? repositoryControl({
            models,
            dataDirectory: config.dataDirectory,
            servesStore: library.servesStore,
            tryModel,
            onEvent,
          })
        : undefined,
    version,
    log,
    features,
    isFilled: () => !config.waitForSources || scheduler.isFilled,
    renderMetrics(bufferedBytes, connections) {
      const { user, system } = process.cpuUsage();
      return renderMetrics(
        {
          version,
          rssBytes: process.memoryUsage.rss(),
          bufferedBytes,
          connections,
          upSeconds: (performance.now() - startedMs) / 1000,
          cpuSeconds: (user + system) / 1e6,
          replicaCpuSeconds: scaling.replicaCpuMs / 1000,
          machine: machine.read(performance.now()),
          graphics: graphics.readings,
          cache: answers?.cache.reading(),
        },
        catalog.list().map((model) => model.reading()),
        scaling.readings(),
      );
    },
  });
  let inferencePort = 0;
  const lan: LanEndpoint = new LanEndpoint({
    access,
    listener,
    limits: config.limits,
    dataDirectory: config.dataDirectory,
    fixed: config.lan,
    allowedHosts: config.allowedHosts,
    port: () => inferencePort,
    log,
    onEvent,
    onSwitch: (isOn) => void adjustFirewall(isOn, { onEvent }),
  });
  const recorder = new HistoryRecorder({
    history,
    versions: () => catalog.list().map(recordedVersion),
    machine: () => machine.read(performance.now()),
    graphics: () => graphics.readings,
    connections: () => listener.connections,
    now: Date.now,
  });
  const sources = new SourceList(config.dataDirectory, config.sources);
  const scheduler = new SourceScheduler({
    dataDirectory: config.dataDirectory,
    list: sources,
    log,
    onEvent,
    onImported: (name) => (library.servesStore ? models.refresh(name) : Promise.resolve()),
  });
  const trash = new HostTrash({ store: library.store, log, onEvent, refresh: (name) => models.refresh(name) });
  let inferenceUrl = '';
  let adminUrl = '';
  const readLog = (query: LogQuery): LogView => logTail.read(query);
  const upkeep = upkeepOf({
    config,
    settings: parts.settings ?? settingsOfProgram(config),
    log,
    devices,
    memoryBudgetBytes,
    onEvent,
    events: (query) => events.list(query),
    readLog,
    view: () => admin.views.view(),
    metrics: () => listener.metricsPage(),
    token: () => admin.token,
  });
  const admin: AdminApi = new AdminApi({
    catalog,
    log,
    access: access.desk,
    lan,
    pairings: pairing,
    checkOurselves: (checking) =>
      checkOurselves(
        { access, lan, dataDirectory: config.dataDirectory, headersTimeoutMs: config.limits.headersTimeoutMs },
        checking,
      ),
    rightsOfKey: (text) => access.clients.lookUp(text)?.record.rights,
    dataDirectory: config.dataDirectory,
    modelsFolder: config.models,
    servesStore: library.servesStore,
    problems: scan.problems.map(({ path, message, hint }) => ({ subject: path, message, hint })),
    answers,
    wardenPid: () => warden.pid,
    connections: () => listener.connections,
    graphics: () => graphics.readings,
    addresses: () => ({ inferenceUrl, adminUrl }),
    needsKey: () => access.needsKeyHere,
    lanBrief: () => ({ isOn: lan.isOn, urls: lan.urls }),
    makePassingKey: () => access.makePassing('infer'),
    sources: new HostSources({
      dataDirectory: config.dataDirectory,
      list: sources,
      scheduler,
      jobs: () => admin.jobs,
    }),
    trash,
    exports: hostExport(config, sources, catalog, access.keys),
    measuring: measuringOf({
      book: devices,
      modelsFolder: config.models,
      dataDirectory: config.dataDirectory,
      servedVersion: (name) => catalog.get(name)?.served.version,
      reload: (name) => models.reload(name),
    }),
    events,
    readLog,
    ...upkeep,
    onEvent,
    orders: models,
    copies: new CopyDesk({ catalog, residency, onEvent }),
    testCases: new TestCases({ library, catalog }),
    scaling: scaling.controls,
    readHistory: (query) => history.read(query, Date.now()),
    answerInference: (...request) => listener.answer(...request),
    onImported: async ({ versions: imported }) => {
      if (!library.servesStore) return false;
      const names = imported.flatMap((each) => (each.state === 'refused' ? [] : [each.record.name]));
      // What keeps a version from taking over is an event; the import itself is done.
      await Promise.allSettled([...new Set(names)].map((name) => models.refresh(name)));
      return true;
    },
  });
  const runFile = new RunFile(config.dataDirectory);
  let adminPort: number;
  try {
    inferencePort = await listenNear(listener.server, config.http.host, config.http.port, log, 'inference');
    adminPort = await listenNear(admin.listener.server, '127.0.0.1', config.admin.port, log, 'admin');
    await lan.start();
  } catch (error) {
    await lan.stop();
    listener.close();
    if (admin.listener.server.listening) await admin.listener.stop();
    await answers?.cache.close();
    await features.close();
    access.close();
    emptyDirectory.remove();
    events.close();
    throw error;
  }
  inferenceUrl = `http://${config.http.host === '::1' ? '[::1]' : config.http.host}:${inferencePort}`;
  adminUrl = `http://127.0.0.1:${adminPort}`;
  await runFile.write({ pid: process.pid, inferenceUrl, adminUrl, version, adminToken: admin.token });
  runFile.keep(
    (why) => log.warn(`run.json ${why}; it is written again.`),
    (error) => log.warn({ error }, 'run.json cannot be written, so commands do not find this host.'),
  );
  warden.start();
  onEvent({
    kind: 'host-started',
    severity: 'info',
    sentence: `Millrace ${version} has started and takes requests at ${inferenceUrl}.`,
    facts: { pid: process.pid, inferenceUrl, adminUrl, models: catalog.models().map(({ name }) => name) },
  });
  await admin.start();
  for (const deployment of catalog.models()) deployment.start();
  scheduler.start();
  trash.start();
  scaling.start();
  graphics.start();
  recorder.start();

  const stop = async (): Promise<void> => {
    await scheduler.stop();
    trash.stop();
    await listener.drain(config.drainTimeoutMs);
    scaling.stop();
    graphics.stop();
    recorder.stop();
    history.close();
    await lan.stop();
    listener.close();
    residency.stop();
    await Promise.all([devices.close(), models.stop(), ...catalog.models().map((model) => model.stop())]);
    await answers?.cache.close();
    await features.close();
    await admin.stop();
    access.close();
    await warden.stop();
    emptyDirectory.remove();
    await runFile.remove();
    onEvent({
      kind: 'host-stopped',
      severity: 'info',
      sentence: `Millrace ${version} has stopped in order.`,
      facts: { pid: process.pid, upSeconds: Math.round((performance.now() - startedMs) / 1000) },
    });
    events.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    inferenceUrl,
    adminUrl,
    launchUrl: () => admin.launchUrl(),
    catalog,
    models,
    residency,
    events,
    problems: scan.problems,
    async settled() {
      while (catalog.list().some((model) => model.state === 'LOADING')) {
        await new Promise((resolve) => setTimeout(resolve, settledPollMs));
      }
    },
    stop: () => (stopped ??= stop()),
  };
}
