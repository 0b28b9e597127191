/**
 * What stands before every route of the inference listener: Host, preflight, Origin, key, in this order. One for each face: that
 * of this machine, and that of the network while the LAN is on.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MillraceError } from '../base/errors.ts';
import type { ClientAccess } from '../security/client-access.ts';
import { plainAddress } from '../security/client-key.ts';
import type { HostCheck } from '../security/host-check.ts';
import type { ClientKey } from '../security/key-ring.ts';
import type { RequestHead } from './request-head.ts';
import { needOf } from './route-need.ts';
import type { Route } from './routes.ts';

/** Which of its listeners a request came to, and what that one asks. Read at each request: all of it may change. */
export interface Face {
  /** How clients reach it, for examples. */
  readonly scheme: 'http' | 'https';
  readonly hosts: HostCheck;
  readonly needsKey: boolean;
  /** It is going away: every answer closes its connection. */
  readonly isClosing: boolean;
}

export interface DoorRules {
  readonly clients: ClientAccess;
  /** Pages of other sites that a person has allowed. */
  allowsOrigin(origin: string): boolean;
  /** Hears what was refused for its Host or Origin. */
  onRefused(refusal: {
    readonly reason: 'host' | 'origin';
    readonly address: string;
    readonly subject: string | undefined;
  }): void;
}

/** What an allowed page may send and read, beside what every page may. */
const pageHeaders = {
  methods: 'GET, POST, PUT, DELETE',
  sends: 'authorization, x-api-key, content-type, inference-header-content-length, cache-control',
  reads: 'inference-header-content-length, x-millrace-cache, retry-after',
  /** Seconds for which a browser need not ask again. */
  maxAge: '600',
};

export class FrontDoor {
  readonly #rules: DoorRules;

  constructor(rules: DoorRules) {
    this.#rules = rules;
  }

  /** True where it was a preflight, which is answered then. Throws `misdirected-host` and `forbidden-origin`. */
  check(face: Face, request: IncomingMessage, response: ServerResponse, head: RequestHead): boolean {
    this.#checkHost(face, request, head);
    const { origin } = head;
    const isAllowedPage = origin !== undefined && this.#rules.allowsOrigin(origin);
    if (request.method === 'OPTIONS') {
      // An origin that is not allowed is not named: the browser does not send what it asked about.
      response.writeHead(204, [
        'Allow',
        'GET, HEAD, POST, OPTIONS',
        ...(isAllowedPage ? preflightHeaders(origin) : []),
      ]);
      response.end();
      return true;
    }
    if (isAllowedPage) {
      // Never with credentials: a key is sent by the page itself.
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Expose-Headers', pageHeaders.reads);
      response.setHeader('Vary', 'Origin');
    } else if (!face.hosts.acceptsOrigin(origin, head.secFetchSite)) {
      this.#rules.onRefused({ reason: 'origin', address: plainAddress(request.socket.remoteAddress), subject: origin });
      throw new MillraceError(
        'forbidden-origin',
        `Pages of ${origin === undefined ? 'another site' : `'${origin.slice(0, 100)}'`} may not call this server.`,
        {
          hint: 'Call it from an app, or allow the page: in Millrace under Connect, or with `millrace lan allow --page`.',
        },
      );
    }
    return false;
  }

  /** The key of the request; undefined where none is needed. Throws as `ClientAccess.admit`. */
  admit(face: Face, route: Route, request: IncomingMessage, head: RequestHead): ClientKey | undefined {
    if (!face.needsKey) return undefined;
    const { socket } = request;
    return this.#rules.clients.admit(head, needOf(route), socket, socket.remoteAddress);
  }

  /** For a model that the body named. Throws `forbidden`. */
  checkModel(key: ClientKey | undefined, model: string, request: IncomingMessage): void {
    this.#rules.clients.checkModel(key, model, request.socket.remoteAddress);
  }

  #checkHost(face: Face, request: IncomingMessage, head: RequestHead): void {
    const isPlainTarget = request.url!.startsWith('/');
    if (head.hostCount <= 1 && isPlainTarget && face.hosts.accepts(head.host)) return;
    const received = head.hostCount > 1 ? 'more than one Host' : isPlainTarget ? head.host : request.url;
    this.#rules.onRefused({ reason: 'host', address: plainAddress(request.socket.remoteAddress), subject: received });
    throw new MillraceError(
      'misdirected-host',
      `The request was addressed to ${received === undefined || received === '' ? 'no host' : `'${received.slice(0, 100)}'`}, which is not this server.`,
      {
        hint: 'Use the address that Millrace printed at its start, or add the name to the setting allowedHosts or with `millrace lan allow --name`.',
      },
    );
  }
}

function preflightHeaders(origin: string): string[] {
  return [
    'Access-Control-Allow-Origin',
    origin,
    'Access-Control-Allow-Methods',
    pageHeaders.methods,
    'Access-Control-Allow-Headers',
    pageHeaders.sends,
    'Access-Control-Max-Age',
    pageHeaders.maxAge,
    'Vary',
    'Origin',
  ];
}
