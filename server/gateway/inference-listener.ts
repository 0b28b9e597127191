/**
 * The inference listener: the one HTTP server that apps call. Bare node:http, because at tens of thousands of requests per
 * second a framework would cost more than the inference.
 *
 * Order on each request: Host, preflight, Origin (front-door.ts), route, key, handler. Every error leaves through `#fail`.
 *
 * It has one face towards this machine, and one towards the network while the LAN is on: other servers, the same handler.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { MillraceError, asMillraceError } from '../base/errors.ts';
import { logLevelOf } from '../base/log.ts';
import type { Log } from '../base/log.ts';
import type { FeatureStore } from '../features/feature-store.ts';
import { joined } from '../protocol/frames.ts';
import type { ClientKey } from '../security/key-ring.ts';
import { Connections } from './connections.ts';
import { DocumentPages } from './document-pages.ts';
import { FeatureHandler } from './feature-handler.ts';
import { FrontDoor } from './front-door.ts';
import type { DoorRules, Face } from './front-door.ts';
import { GarbageCollection } from './garbage-collection.ts';
import { handleInference } from './infer-handler.ts';
import type { InferContext } from './infer-handler.ts';
import { landingPagePolicy, renderLandingPage } from './landing-page.ts';
import { MemoryBudget } from './memory-budget.ts';
import type { GatewayModel, ModelCatalog } from './model-catalog.ts';
import { answersRequests, isExpected, loaded, statisticsOf, versionsOf } from './model-states.ts';
import { handleRepository } from './repository-handler.ts';
import type { RepositoryContext, RepositoryControl } from './repository-handler.ts';
import { handlePairing } from './pairing-handler.ts';
import type { PairingDoor } from './pairing-handler.ts';
import { refuseUnparsed } from './parser-refusal.ts';
import { predictTarget } from './predict-target.ts';
import { readRequestHead } from './request-head.ts';
import type { RequestHead } from './request-head.ts';
import type { ReceivedBody } from './request-body.ts';
import { sendBytes, sendError, sendJson } from './response.ts';
import { RouteCache } from './routes.ts';
import type { Route } from './routes.ts';
import { serverOptions } from './server-options.ts';
import type { ListenerLimits } from './server-options.ts';
import { logSettings, modelConfig, modelMetadata, traceSettings } from './triton-documents.ts';

export interface InferenceListenerOptions {
  readonly catalog: ModelCatalog;
  readonly limits: ListenerLimits;
  /** Who may call. */
  readonly rules: DoorRules;
  /** What it asks of programs of this machine. */
  readonly face: Face;
  /** `name` in `/v2`; some of NVIDIA's example scripts insist on `triton`. */
  readonly serverName: string;
  readonly version: string;
  readonly log: Log;
  readonly features: FeatureStore;
  readonly pairing: PairingDoor;
  /** Undefined: models are not loaded and unloaded over the network. */
  readonly repositoryControl?: RepositoryControl | undefined;
  /** False while models may still be missing that a source has: not ready then. */
  isFilled(): boolean;
  /** The page of `/metrics`. */
  renderMetrics(bufferedBytes: number, connections: number): string;
}

/** A drain ends after this long without a request in progress, milliseconds. */
const quietMs = 250;

/** The extensions of `/v2` that work, in Triton's names. */
const extensions = [
  'classification',
  'model_configuration',
  'binary_tensor_data',
  'parameters',
  'statistics',
  'schedule_policy',
];

export class InferenceListener {
  readonly #options: InferenceListenerOptions;
  /** For the host to bind. */
  readonly server: Server;
  readonly #connections: Connections;
  readonly #door: FrontDoor;
  /** Servers for the network. */
  readonly #more = new Set<Server>();
  readonly #routes = new RouteCache();
  readonly #budget: MemoryBudget;
  readonly #inferContext: InferContext;
  readonly #repositoryContext: RepositoryContext;
  readonly #documents: DocumentPages;
  readonly #features: FeatureHandler;
  #draining = false;

  constructor(options: InferenceListenerOptions) {
    this.#options = options;
    const { limits } = options;
    this.#door = new FrontDoor(options.rules);
    this.#documents = new DocumentPages(options.version);
    this.#budget = new MemoryBudget(limits.maxBufferedBytes);
    this.#inferContext = {
      limits,
      budget: this.#budget,
      garbage: new GarbageCollection(),
      features: options.features,
      fail: (request, response, error) => this.#fail(request, response, error),
    };
    this.#features = new FeatureHandler(options.features, this.#inferContext);
    this.#repositoryContext = { ...this.#inferContext, control: options.repositoryControl };
    this.server = createServer(serverOptions(limits));
    this.#connections = new Connections(this.server, limits.maxConnections);
    this.#handleOn(this.server, options.face);
  }

  /**
   * Answers on another server as well, until the returned function is called. Its connections count as the first one's do;
   * `connectionEvent` is what it calls a connection that may send requests.
   */
  attach(server: Server, face: Face, connectionEvent: 'connection' | 'secureConnection'): () => void {
    this.#more.add(server);
    this.#connections.watch(server, connectionEvent);
    this.#handleOn(server, face);
    return () => this.#more.delete(server);
  }

  #handleOn(server: Server, face: Face): void {
    server.on('clientError', refuseUnparsed);
    server.on('request', (request, response) => this.#handle(face, request, response));
  }

  /** The text of `/metrics`. */
  metricsPage(): string {
    return this.#options.renderMetrics(this.bufferedBytes, this.connections);
  }

  get bufferedBytes(): number {
    return this.#budget.usedBytes;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Takes no new connection; every answer from now on closes its connection. Resolves when no request has been in progress
   * for a moment, or after `timeoutMs`.
   *
   * Connections that are idle now stay open for that moment: their clients cannot know yet, and a request that is already
   * on its way would be lost. (`Server.close` of node:http would cut them, so only the listening socket is closed.)
   */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    for (const server of [this.server, ...this.#more]) NetServer.prototype.close.call(server);
    const endMs = performance.now() + timeoutMs;
    let quietSinceMs = performance.now();
    while (performance.now() < endMs && performance.now() - quietSinceMs < quietMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (this.#connections.busy > 0) quietSinceMs = performance.now();
    }
  }

  /** The extensions of `/v2` that work, in Triton's names. */
  get #extensions(): readonly string[] {
    return this.#options.repositoryControl === undefined
      ? extensions
      : [...extensions, 'model_repository', 'model_repository(unload_dependents)'];
  }

  /** Ends every connection, whatever it is doing. */
  close(): void {
    this.#connections.closeAll();
    this.server.close();
  }

  /**
   * Answers a request that another listener has received and checked, as if it had come here: same queue, same limits. The
   * version that is served by default where `version` is undefined. Throws `unknown-model` and `unknown-version`.
   */
  answer(
    kind: 'oip' | 'predict',
    model: string,
    version: string | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    this.#options.catalog.find(model, version);
    const head = readRequestHead(request.rawHeaders);
    const find = () => this.#options.catalog.find(model, version);
    handleInference(this.#inferContext, kind, request, response, head, find, undefined);
  }

  #handle(face: Face, request: IncomingMessage, response: ServerResponse): void {
    this.#connections.onRequest(request);
    // A listener for each who waits for the client's leaving: one that called a closure kept in an object of the request made
    // V8 carry every request into its old space, 7 MB of 21 at each collection and a sixth of the host's time.
    response.on('close', () => this.#connections.onAnswered(request));
    if (this.#draining || face.isClosing) response.shouldKeepAlive = false;
    response.on('error', ignore); // A client that has gone is noticed by 'close'.
    try {
      const head = readRequestHead(request.rawHeaders);
      if (this.#door.check(face, request, response, head)) return;
      const route = this.#routes.match(request.method!, request.url!);
      const key = this.#door.admit(face, route, request, head);
      this.#dispatch(route, request, response, head, key, face.scheme);
    } catch (error) {
      this.#fail(request, response, asMillraceError(error));
    }
  }

  #dispatch(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
    key: ClientKey | undefined,
    scheme: Face['scheme'],
  ): void {
    const { catalog } = this.#options;
    const accept = head.acceptEncoding;
    if ('set' in route) {
      void this.#features.handle(route, request, response, head);
      return;
    }
    switch (route.name) {
      case 'infer':
      case 'predict': {
        const kind = route.name === 'infer' ? 'oip' : 'predict';
        // Looked up again once the body is there: another version may answer by then.
        const find = () => catalog.find(route.model, route.version);
        handleInference(this.#inferContext, kind, request, response, head, find, key?.client);
        return;
      }
      case 'predict-any': {
        const findNamed = (body: ReceivedBody | undefined): GatewayModel | undefined => {
          if (body === undefined) return undefined;
          const target = predictTarget(joined(body.pieces));
          this.#door.checkModel(key, target.model, request);
          return catalog.find(target.model, target.version);
        };
        handleInference(this.#inferContext, 'predict', request, response, head, findNamed, key?.client);
        return;
      }
      case 'landing': {
        const page = renderLandingPage(
          visible(catalog.models(), key),
          `${scheme}://${head.host}`,
          this.#options.version,
        );
        sendBytes(response, 200, landingPageHeaders, Buffer.from(page), accept);
        return;
      }
      case 'pair':
      case 'pair-claim':
      case 'pair-key':
      case 'authority': {
        const context = { ...this.#inferContext, door: this.#options.pairing };
        void handlePairing(context, route.name, request, response, head.contentLength);
        return;
      }
      case 'openapi':
      case 'reference':
      case 'reference-style': {
        const { headers, body } = this.#documents.page(route.name);
        sendBytes(response, 200, headers, body, accept);
        return;
      }
      case 'health':
      case 'server-live':
        sendJson(response, 200, { live: true });
        return;
      case 'ready':
      case 'server-ready': {
        const ready = !this.#draining && this.#options.isFilled() && catalog.list().every(isExpected);
        sendJson(response, ready ? 200 : 503, { ready, live: true });
        return;
      }
      case 'metrics': {
        const page = Buffer.from(this.metricsPage());
        sendBytes(response, 200, ['Content-Type', 'text/plain; version=0.0.4; charset=utf-8'], page, accept);
        return;
      }
      case 'server-metadata':
        sendJson(response, 200, {
          name: this.#options.serverName,
          version: this.#options.version,
          extensions: this.#extensions,
        });
        return;
      case 'model-list':
        sendJson(response, 200, { models: visible(catalog.models(), key).map(({ name }) => name) }, accept);
        return;
      case 'repository-index':
        request.resume();
        sendJson(
          response,
          200,
          visible(catalog.list(), key).map((model) => ({
            name: model.name,
            version: model.version,
            // Triton has no word for a version that loads when it is asked: to its clients it is ready.
            state: answersRequests(model) ? 'READY' : model.state,
            reason: model.stateReason,
          })),
          accept,
        );
        return;
      case 'repository-load':
      case 'repository-unload': {
        const verb = route.name === 'repository-load' ? 'load' : 'unload';
        handleRepository(this.#repositoryContext, verb, route.model, request, response, head.contentLength);
        return;
      }
      case 'all-statistics':
        sendJson(response, 200, { model_stats: visible(catalog.list(), key).map(statisticsOf) }, accept);
        return;
      case 'model-statistics':
        sendJson(
          response,
          200,
          { model_stats: versionsOf(catalog, route.model, route.version).map(statisticsOf) },
          accept,
        );
        return;
      case 'model-metadata': {
        const model = loaded(catalog.find(route.model, route.version));
        const numbers = versionsOf(catalog, model.name, undefined).map(({ version }) => version);
        sendJson(response, 200, modelMetadata(model, numbers), accept);
        return;
      }
      case 'model-ready': {
        const model = catalog.find(route.model, route.version);
        const ready = answersRequests(model) && !this.#draining;
        sendJson(response, ready ? 200 : 503, { name: model.name, ready });
        return;
      }
      case 'model-config':
        sendJson(response, 200, modelConfig(loaded(catalog.find(route.model, route.version))), accept);
        return;
      case 'model-trace-settings':
        catalog.find(route.model, route.version);
        sendJson(response, 200, traceSettings);
        return;
      case 'trace-settings':
        sendJson(response, 200, traceSettings);
        return;
      case 'log-settings':
        sendJson(response, 200, logSettings(logLevelOf(this.#options.log)));
        return;
    }
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: MillraceError): void {
    if (error.code === 'client-gone' || response.destroyed) {
      response.destroy();
      return;
    }
    const requestId = sendError(request, response, error, (bytes) => this.#inferContext.garbage.onBytes(bytes));
    if (requestId !== undefined)
      this.#options.log.error({ requestId, error: error.cause ?? error }, 'A request failed inside.');
  }
}

function ignore(): void {}

/** A key that is for some models sees no others. */
function visible(models: readonly GatewayModel[], key: ClientKey | undefined): readonly GatewayModel[] {
  return key?.models === undefined ? models : models.filter(({ name }) => key.models!.has(name));
}

const landingPageHeaders = [
  'Content-Type',
  'text/html; charset=utf-8',
  'Content-Security-Policy',
  landingPagePolicy,
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'DENY',
  'Referrer-Policy',
  'no-referrer',
];
