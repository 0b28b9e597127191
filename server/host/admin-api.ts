/**
 * The admin API of this host: the route table with everything behind it, the live stream, the jobs and the sessions. A new
 * group of routes is one line in `routes`.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessRoutes } from '../admin/access-routes.ts';
import type { AccessDesk } from '../admin/access-routes.ts';
import { referencePages, withDocument } from '../admin/admin-document.ts';
import { AdminListener } from '../admin/admin-listener.ts';
import { cacheRoutes } from '../admin/cache-routes.ts';
import { copyRoutes } from '../admin/copy-routes.ts';
import type { CopyOrders } from '../admin/copy-routes.ts';
import { doctorRoutes } from '../admin/doctor-routes.ts';
import type { DoctorDesk } from '../admin/doctor-routes.ts';
import { eventRoutes } from '../admin/event-routes.ts';
import { exportRoutes } from '../admin/export-routes.ts';
import type { ExportDesk } from '../admin/export-routes.ts';
import { guiFiles } from '../admin/gui-files.ts';
import { historyRoutes } from '../admin/history-routes.ts';
import { importRoutes } from '../admin/import-routes.ts';
import { JobList } from '../admin/job-list.ts';
import { jobRoutes } from '../admin/job-routes.ts';
import { lanRoutes } from '../admin/lan-routes.ts';
import type { LanDesk, PairingOrders } from '../admin/lan-routes.ts';
import { liveRoutes } from '../admin/live-routes.ts';
import { LiveStream } from '../admin/live-stream.ts';
import { modelRoutes } from '../admin/model-routes.ts';
import type { ModelOrders } from '../admin/model-routes.ts';
import type { AdminRoute } from '../admin/route.ts';
import { logRoutes } from '../admin/log-routes.ts';
import { measuringRoutes } from '../admin/measuring-routes.ts';
import type { MeasuringParts } from '../admin/measuring-routes.ts';
import { scalingRoutes } from '../admin/scaling-routes.ts';
import type { ScalingControls } from '../admin/scaling-routes.ts';
import { selfCheckRoutes } from '../admin/self-check-routes.ts';
import { sessionRoutes } from '../admin/session-routes.ts';
import { settingsRoutes } from '../admin/settings-routes.ts';
import type { SettingsOrders } from '../admin/settings-routes.ts';
import { sourceRoutes } from '../admin/source-routes.ts';
import type { SourceDesk } from '../admin/source-routes.ts';
import { statusRoutes } from '../admin/status-routes.ts';
import { trashRoutes } from '../admin/trash-routes.ts';
import type { TrashDesk } from '../admin/trash-routes.ts';
import { testCaseRoutes } from '../admin/test-case-routes.ts';
import type { TestCaseDesk } from '../admin/test-case-routes.ts';
import { tryRoutes } from '../admin/try-routes.ts';
import type { AnswerInference } from '../admin/try-routes.ts';
import { uploadRoutes } from '../admin/upload-routes.ts';
import { UploadStore } from '../admin/upload-store.ts';
import type { Log } from '../base/log.ts';
import { errorResponse } from '../gateway/error-response.ts';
import { Connections } from '../gateway/connections.ts';
import { refuseUnparsed } from '../gateway/parser-refusal.ts';
import { tryModel } from '../inspect/trial-load.ts';
import type { HistoryAnswer, HistoryQuery } from '../metrics/history.ts';
import type { ImportReport } from '../models/import.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';
import type { SelfCheckReport } from '../protocol/admin/self-check.ts';
import type { KeyRight } from '../protocol/admin/key-view.ts';
import type { LogQuery, LogView } from '../protocol/admin/log-view.ts';
import { AdminAccess } from '../security/admin-access.ts';
import { printedCodeMs } from '../security/launch-codes.ts';
import { SessionFile } from '../security/session-file.ts';
import { version } from '../version.ts';
import { clearAnswers } from './answer-store.ts';
import { HostViews } from './host-view.ts';
import type { HostViewParts } from './host-view.ts';
import type { CheckingAdmin } from './self-check-desk.ts';
import { LatestEvents } from './latest-events.ts';
import type { EventSource } from './latest-events.ts';

/** One person's windows, scripts and uploads. When they are all taken, the longest idle makes room. */
const maxConnections = 128;

const guiFolder = fileURLToPath(new URL('../../dist/gui', import.meta.url));

export interface AdminApiParts extends HostViewParts {
  readonly log: Log;
  /** Who may call the inference listener. */
  readonly access: AccessDesk;
  readonly lan: LanDesk;
  readonly pairings: PairingOrders;
  checkOurselves(admin: CheckingAdmin): Promise<SelfCheckReport>;
  rightsOfKey(text: string): readonly KeyRight[] | undefined;
  /** For the host's own load tests. */
  makePassingKey(): string;
  readonly events: EventSource;
  readonly measuring: Omit<MeasuringParts, 'jobs' | 'inferenceUrl' | 'inferenceKey'>;
  readonly onEvent: (event: NewHostEvent) => void;
  readonly orders: ModelOrders;
  readonly copies: CopyOrders;
  readonly doctor: DoctorDesk;
  readonly settings: SettingsOrders;
  readonly sources: SourceDesk;
  readonly trash: TrashDesk;
  readonly exports: ExportDesk;
  readonly scaling: ScalingControls;
  readLog(query: LogQuery): LogView;
  readonly testCases: TestCaseDesk;
  readHistory(query: HistoryQuery): HistoryAnswer;
  /** Answers as the inference listener does. */
  readonly answerInference: AnswerInference;
  /** Hears what an import put into the store. True where it is served by then, false where that needs a restart. */
  onImported(report: ImportReport): boolean | Promise<boolean>;
}

export class AdminApi {
  readonly listener: AdminListener;
  /** All of it, as it is mounted and documented. */
  readonly routes: readonly AdminRoute[];
  readonly jobs: JobList;
  readonly views: HostViews;
  readonly #access: AdminAccess;
  readonly #sessionFile: SessionFile;
  readonly #stream: LiveStream;
  readonly #uploads: UploadStore;
  readonly #events: LatestEvents;
  readonly #addresses: HostViewParts['addresses'];

  constructor(parts: AdminApiParts) {
    const { log, addresses } = parts;
    this.#addresses = addresses;
    this.jobs = new JobList({
      onError(error, { id, title }) {
        if (error.code !== 'internal') log.info(`${title}: ${error.message}`);
        else log.error({ requestId: id.slice(0, 8), error: error.cause ?? error }, `${title} failed inside.`);
      },
    });
    this.views = new HostViews(parts);
    this.#sessionFile = new SessionFile(join(parts.dataDirectory, 'sessions.json'), (error) => {
      log.warn({ error }, 'The sessions of browsers cannot be kept; they end with this host.');
    });
    this.#access = new AdminAccess({
      saved: this.#sessionFile.read(),
      save: (sessions) => this.#sessionFile.write(sessions),
      onEvent: parts.onEvent,
      rightsOfKey: (text) => parts.rightsOfKey(text),
    });
    this.#uploads = new UploadStore({ folder: join(parts.dataDirectory, 'uploads') });
    this.#events = new LatestEvents(parts.events);
    this.#stream = new LiveStream({
      epoch: randomBytes(4).toString('hex'),
      state: () => ({ host: this.views.view(), jobs: this.jobs.list(), events: this.#events.list() }),
    });
    this.routes = withDocument(
      [
        ...statusRoutes(() => this.views.view()),
        ...liveRoutes(this.#stream),
        ...sessionRoutes({ access: this.#access, adminUrl: () => addresses().adminUrl }),
        ...jobRoutes(this.jobs),
        ...uploadRoutes(this.#uploads),
        ...importRoutes({
          jobs: this.jobs,
          uploads: this.#uploads,
          dataDirectory: parts.dataDirectory,
          tryModel,
          onImported: parts.onImported,
        }),
        ...accessRoutes(parts.access),
        ...lanRoutes(parts.lan, parts.pairings),
        ...selfCheckRoutes(this.jobs, (signal, onProgress) =>
          parts.checkOurselves({ ...addresses(), access: this.#access, signal, onProgress }),
        ),
        ...modelRoutes({ jobs: this.jobs, orders: parts.orders }),
        ...copyRoutes({ jobs: this.jobs, copies: parts.copies }),
        ...doctorRoutes({ jobs: this.jobs, doctor: parts.doctor }),
        ...settingsRoutes(parts.settings),
        ...tryRoutes(parts.answerInference),
        ...testCaseRoutes(parts.testCases),
        ...measuringRoutes({
          ...parts.measuring,
          jobs: this.jobs,
          inferenceUrl: () => addresses().inferenceUrl,
          inferenceKey: () => (parts.needsKey() ? parts.makePassingKey() : undefined),
        }),
        ...cacheRoutes(parts.answers && ((model) => clearAnswers(parts.answers!, model))),
        ...sourceRoutes(parts.sources),
        ...trashRoutes(parts.trash, this.jobs),
        ...exportRoutes(parts.exports),
        ...eventRoutes((query) => parts.events.list(query)),
        ...logRoutes((query) => parts.readLog(query)),
        ...scalingRoutes(parts.scaling),
        ...historyRoutes((query) => parts.readHistory(query)),
      ],
      version,
    );
    this.listener = new AdminListener({
      access: this.#access,
      log,
      errorResponse,
      refuseUnparsed,
      routes: this.routes,
      pages: [
        referencePages(this.routes, version),
        guiFiles({ folder: guiFolder, inferenceUrl: () => addresses().inferenceUrl }),
      ],
    });
    this.#boundConnections();
  }

  #boundConnections(): void {
    const { server } = this.listener;
    const connections = new Connections(server, maxConnections);
    server.on('request', (request, response) => {
      connections.onRequest(request);
      response.on('close', () => connections.onAnswered(request));
    });
  }

  /** For run.json and nowhere else. */
  get token(): string {
    return this.#access.token;
  }

  /** A link that opens the GUI once, for a person to read. */
  launchUrl(): string {
    return `${this.#addresses().adminUrl}/#t=${this.#access.makeCode(printedCodeMs)}`;
  }

  async start(): Promise<void> {
    await Promise.all([this.views.start(), this.#uploads.open()]);
  }

  /** Cancels the jobs, ends every connection. */
  async stop(): Promise<void> {
    await this.jobs.stop();
    await this.#uploads.stop();
    this.#events.stop();
    this.#stream.close();
    this.views.stop();
    await this.listener.stop();
    // With when each was last used, which is not written each time.
    this.#sessionFile.write(this.#access.sessions());
    await this.#sessionFile.settled();
  }
}
