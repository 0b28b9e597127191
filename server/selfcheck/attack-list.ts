/**
 * What an attacker would try, as data: for each listener the requests, and what has to come back. The rows are those of the list
 * of threats in docs/security.md. Pure.
 */
import type { RawReply } from './raw-exchange.ts';

export interface Attack {
  readonly row: string;
  readonly title: string;
  /** In words, for people. */
  readonly expected: string;
  /** Sent one after the other; the last answer is judged. */
  readonly requests: readonly (string | Buffer)[];
  readonly timeoutMs?: number;
  holds(reply: RawReply): boolean;
}

export interface AttackFacts {
  /** Host header that is right, with the port. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
}

export interface AppFacts extends AttackFacts {
  /** Undefined where no key is needed there. */
  readonly keys: { readonly good: string; readonly forNoModel: string } | undefined;
  /** The longest that a request's head may take. */
  readonly headersTimeoutMs: number;
}

export interface AdminFacts extends AttackFacts {
  readonly token: string;
  /** Of a session made for this check. */
  readonly cookie: string;
  /** Of a launch link that has been used. */
  readonly usedCode: string;
}

const wrongHosts = ['evil.example', '0.0.0.0', 'localhost.evil.com', '127.0.0.1.evil.com', 'localhost.', ''] as const;

const foreign = [
  ['Origin: https://evil.example', 'a page of another site'],
  ['Origin: null', 'a page without an origin'],
  ['Sec-Fetch-Site: cross-site', 'a page of another site that names no origin'],
] as const;

export function appAttacks(facts: AppFacts): Attack[] {
  const path = '/v2';
  const auth = facts.keys === undefined ? [] : [`Authorization: Bearer ${facts.keys.good}`];
  const deep = `{"features":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  return [
    ...common(facts, path, auth),
    {
      row: 'S16',
      title: 'ask for the management of the host',
      expected: '404: it is not there',
      requests: [request('GET', '/api/v1/status', facts.host, auth)],
      holds: is(404),
    },
    {
      row: 'S30',
      title: 'name a model that is a path',
      expected: '400: the rule for names',
      requests: [request('GET', '/v2/models/..%2f..%2fetc', facts.host, auth)],
      holds: is(400),
    },
    {
      row: 'S14',
      title: 'send JSON nested a hundred thousand deep',
      expected: '400, or 404 where there is no such model',
      requests: [request('POST', '/predict', facts.host, auth, deep)],
      holds: is(400, 404),
    },
    slowHead(facts),
    ...(facts.keys === undefined ? [] : keyAttacks(facts, facts.keys)),
  ];
}

function keyAttacks(facts: AppFacts, keys: NonNullable<AppFacts['keys']>): Attack[] {
  const { host } = facts;
  const wrong = `mr_00000000_${'A'.repeat(43)}`;
  const get = (path: string, ...headers: string[]): string => request('GET', path, host, headers);
  const isChallenge = (reply: RawReply): boolean =>
    is(401)(reply) && reply.kind === 'answer' && reply.headers.get('www-authenticate') === 'Bearer';
  return [
    {
      row: 'S20',
      title: 'call without a key',
      expected: '401 and WWW-Authenticate',
      requests: [get('/v2')],
      holds: isChallenge,
    },
    {
      row: 'S20',
      title: 'send the key in the address instead of a header',
      expected: '401: it is not looked at',
      requests: [get(`/v2?key=${keys.good}&api_key=${keys.good}`)],
      holds: isChallenge,
    },
    {
      row: 'S16',
      title: 'read the metrics without a key',
      expected: '401',
      requests: [get('/metrics')],
      holds: is(401),
    },
    {
      row: 'S22',
      title: 'ask another model than the key is for',
      expected: '403',
      requests: [get('/v2/models/another-model', `x-api-key: ${keys.forNoModel}`)],
      holds: is(403),
    },
    {
      row: 'S22',
      title: 'read the metrics with a key that is for models',
      expected: '403',
      requests: [get('/metrics', `x-api-key: ${keys.forNoModel}`)],
      holds: is(403),
    },
    {
      row: 'S21',
      title: 'guess thirty keys',
      expected: '429 and Retry-After',
      requests: Array.from({ length: 30 }, () => get('/v2', `Authorization: Bearer ${wrong}`)),
      holds: (reply) => is(429)(reply) && reply.kind === 'answer' && reply.headers.has('retry-after'),
    },
    {
      row: 'S21',
      title: 'send the right key after that',
      expected: '200: nobody is locked out by others’ guesses',
      requests: [get('/v2', `Authorization: Bearer ${keys.good}`)],
      holds: is(200),
    },
    {
      row: 'S17',
      title: 'pretend to come from this computer (X-Forwarded-For)',
      expected: '401: it is not believed',
      requests: [get('/v2', 'X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1')],
      holds: is(401, 429),
    },
  ];
}

export function adminAttacks(facts: AdminFacts): Attack[] {
  const { host, token, cookie, usedCode } = facts;
  const bearer = `Authorization: Bearer ${token}`;
  const json = 'Content-Type: application/json';
  return [
    ...common(facts, '/api/v1/status', [bearer]),
    {
      row: 'S20',
      title: 'ask without a token',
      expected: '401',
      requests: [request('GET', '/api/v1/status', host, [])],
      holds: is(401),
    },
    {
      row: 'S6',
      title: 'send a form as a page can without asking (text/plain)',
      expected: '415',
      requests: [request('POST', '/api/v1/launch-links', host, [bearer, 'Content-Type: text/plain'], '{}')],
      holds: is(415),
    },
    {
      row: 'S7',
      title: 'change something with a cookie alone',
      expected: '403: the page’s own token is missing',
      requests: [request('POST', '/api/v1/launch-links', host, [`Cookie: ${cookie}`, json], '{}')],
      holds: is(403),
    },
    {
      row: 'S4',
      title: 'change something with a good cookie from a page of another site',
      expected: '403',
      requests: [
        request(
          'POST',
          '/api/v1/launch-links',
          host,
          [`Cookie: ${cookie}`, json, 'Origin: https://evil.example'],
          '{}',
        ),
      ],
      holds: is(403),
    },
    {
      row: 'S9',
      title: 'listen to the live stream without a token',
      expected: '401',
      requests: [request('GET', '/api/v1/live', host, ['Accept: text/event-stream'])],
      holds: is(401),
    },
    {
      row: 'S9',
      title: 'open a WebSocket from a page of another site',
      expected: '403',
      requests: [
        request('GET', '/api/v1/live', host, [
          `Cookie: ${cookie}`,
          'Origin: https://evil.example',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: eA==',
        ]),
      ],
      holds: is(403),
    },
    {
      row: 'S10',
      title: 'show the interface in a frame of another site',
      expected: 'a policy that forbids frames',
      requests: [request('GET', '/', host, [])],
      holds: (reply) =>
        reply.kind === 'answer' &&
        reply.headers.get('content-security-policy')?.includes("frame-ancestors 'none'") === true &&
        reply.headers.get('x-content-type-options') === 'nosniff',
    },
    {
      row: 'S25',
      title: 'open a link that was used before',
      expected: '401',
      requests: [request('POST', '/api/v1/session', host, [json], JSON.stringify({ code: usedCode }))],
      holds: is(401),
    },
    {
      row: 'S14',
      title: 'send JSON nested a hundred thousand deep',
      expected: '400',
      requests: [request('POST', '/api/v1/keys', host, [bearer, json], `${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
      holds: is(400),
    },
    {
      row: 'S5',
      title: 'use a verb that nobody knows',
      expected: '400, 403 or 405',
      requests: [request('FOO', '/api/v1/status', host, [bearer])],
      holds: is(400, 403, 405),
    },
  ];
}

/** What both listeners have to refuse. */
function common({ host, scheme }: AttackFacts, path: string, auth: readonly string[]): Attack[] {
  return [
    ...wrongHosts.map((wrong): Attack => ({
      row: wrong === 'evil.example' ? 'S1' : 'S2',
      title: wrong === '' ? 'call it by no name' : `call it ${wrong}`,
      expected: '421',
      requests: [request('GET', path, wrong, auth)],
      holds: is(400, 421),
    })),
    {
      row: 'S2',
      title: 'call it by two names at once',
      expected: '400 or 421',
      requests: [request('GET', path, host, [...auth, 'Host: evil.example'])],
      holds: is(400, 421),
    },
    {
      row: 'S2',
      title: 'name another host in the request line',
      expected: '400 or 421',
      requests: [request('GET', `${scheme}://evil.example${path}`, host, auth)],
      holds: is(400, 404, 421),
    },
    {
      row: 'S17',
      title: 'claim that a proxy was asked for the right name',
      expected: '421: it is not believed',
      requests: [
        request('GET', path, 'evil.example', [...auth, `X-Forwarded-Host: ${host}`, `Forwarded: host=${host}`]),
      ],
      holds: is(421),
    },
    ...foreign.flatMap(([header, who]) =>
      (['POST', 'DELETE'] as const).map((method): Attack => ({
        row: method === 'POST' ? 'S4' : 'S5',
        title: `${method} from ${who}`,
        expected: '403',
        requests: [request(method, path, host, [...auth, header])],
        holds: is(403),
      })),
    ),
    {
      row: 'S8',
      title: 'ask, as a page of another site, what it may send',
      expected: 'an answer that allows nothing',
      requests: [
        request('OPTIONS', path, host, ['Origin: https://evil.example', 'Access-Control-Request-Method: POST']),
      ],
      holds: (reply) =>
        reply.kind === 'answer' && ![...reply.headers.keys()].some((name) => name.startsWith('access-control-allow')),
    },
    {
      row: 'S13',
      title: 'send 100 KB of headers',
      expected: '431',
      requests: [request('GET', path, host, [...auth, `X-Filler: ${'a'.repeat(100_000)}`])],
      holds: (reply) => is(431)(reply) || reply.kind === 'closed',
    },
    {
      row: 'S13',
      title: 'say two lengths at once (Content-Length and chunked)',
      expected: '400',
      requests: [
        `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      ],
      holds: is(400),
    },
  ];
}

/** A place that is taken by half a request has to become free again. */
function slowHead({ host, headersTimeoutMs }: AppFacts): Attack {
  return {
    row: 'S12',
    title: 'begin a request and never end it',
    expected: `cut off after ${Math.round(headersTimeoutMs / 1000)} s`,
    requests: [`GET /v2 HTTP/1.1\r\nHost: ${host}\r\n`],
    timeoutMs: headersTimeoutMs + 5000,
    holds: (reply) => reply.kind === 'closed' || is(408)(reply),
  };
}

function is(...statuses: readonly number[]): (reply: RawReply) => boolean {
  return (reply) => reply.kind === 'answer' && statuses.includes(reply.status);
}

function request(method: string, path: string, host: string, headers: readonly string[], body?: string): string {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...headers,
    ...(headers.some((line) => line.startsWith('Upgrade:')) ? ['Connection: Upgrade'] : ['Connection: close']),
    ...(body === undefined
      ? method === 'GET'
        ? []
        : ['Content-Length: 0']
      : [`Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}
