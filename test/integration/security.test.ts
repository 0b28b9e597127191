/**
 * Requests that an attacker sends through a browser or by hand, on both listeners: other hosts, other origins, names that are
 * paths; and what a replica could read if its model were hostile.
 */
import { readFile, readdir, readlink, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { demoModel } from '../support/demo-models.ts';
import { RawConnection, head, rawRequest } from '../support/raw-http.ts';
import type { RawAnswer } from '../support/raw-http.ts';
import { TestHost } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'planted-secret');
  vi.stubEnv('NODE_OPTIONS', '--max-http-header-size=16384');
  vi.stubEnv('HTTPS_PROXY', 'http://user:planted-secret@proxy.example');
  host = await TestHost.start({
    models: [demoModel('iris')],
    settings: { allowedHosts: ['Millrace.Lan'] },
  });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

/** The two listeners with a path that each answers. */
const listeners = [
  { listener: 'inference', url: () => host.url, path: '/v2' },
  { listener: 'admin', url: () => host.adminUrl, path: '/api/v1/status' },
];

/** Needed by the admin listener, ignored by the other as long as there are no keys. */
const bearer = (): string => `Authorization: Bearer ${host.adminToken}`;

function predictBody(): string {
  return JSON.stringify({ features: [5.1, 3.5, 1.4, 0.2] });
}

async function answeredRequests(): Promise<number> {
  return (await host.status()).models.reduce(
    (sum, { versions }) => sum + versions[0]!.answered + versions[0]!.failed,
    0,
  );
}

describe.each(listeners)('the Host check of the $listener listener', ({ listener, url, path }) => {
  const get = (...headers: readonly string[]): Promise<RawAnswer | undefined> =>
    rawRequest(url(), head(`GET ${path} HTTP/1.1`, ...headers, bearer()));

  it.each(['localhost', 'LOCALHOST', 'LocalHost:1', '127.0.0.1', '127.0.0.1:65535', '[::1]', '[::1]:8000'])(
    'answers Host: %s',
    async (name) => {
      expect((await get(`Host: ${name}`))?.status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:8000',
    '',
    '0.0.0.0',
    '0.0.0.0:8000',
    'localhost.evil.com',
    '127.0.0.1.evil.com',
    'evillocalhost',
    'localhost.',
    'localhost:',
    'localhost:99999',
    'localhost:80:80',
    'localhost:8000.evil.com',
    'localhost/evil',
    'evil.example, localhost',
    'user@localhost',
    '127.0.0.2',
    '127.1',
    '2130706433',
    '[::]',
    '[::ffff:127.0.0.1]',
    '::1',
    '*',
  ])('refuses Host: %s', async (name) => {
    const answer = await get(`Host: ${name}`);
    expect(answer?.status).toBe(421);
    expect(JSON.parse(answer!.body)).toMatchObject({ code: 'misdirected-host' });
  });

  it('refuses a request without Host, of either version of HTTP', async () => {
    for (const version of ['1.1', '1.0']) {
      expect((await rawRequest(url(), head(`GET ${path} HTTP/${version}`)))?.status).toBe(421);
    }
  });

  it('refuses two Host headers, in any order and also where both are right', async () => {
    for (const [first, second] of [
      ['localhost', 'evil.example'],
      ['evil.example', 'localhost'],
      ['localhost', 'localhost'],
    ] as const) {
      const answer = await get(`Host: ${first}`, `hOST: ${second}`);
      expect([400, 421]).toContain(answer?.status);
    }
  });

  it('refuses a target that names a host itself', async () => {
    for (const target of [`http://evil.example${path}`, `http://localhost${path}`, `//evil.example${path}`, '*']) {
      const answer = await rawRequest(url(), head(`GET ${target} HTTP/1.1`, 'Host: localhost'));
      expect([400, 404, 421], target).toContain(answer?.status);
    }
    const tunnel = await rawRequest(url(), head('CONNECT localhost:22 HTTP/1.1', 'Host: localhost'));
    expect(tunnel?.status ?? 400).toBeGreaterThanOrEqual(400);
  });

  it('does not trust what a proxy is said to have seen', async () => {
    const answer = await get('Host: evil.example', 'X-Forwarded-Host: localhost', 'Forwarded: host=localhost');
    expect(answer?.status).toBe(421);
    const own = await get('Host: localhost', 'X-Forwarded-Host: evil.example');
    expect(own?.status).toBe(200);
  });

  it('accepts what the settings allow, on the listener that the setting is for', async () => {
    expect((await get('Host: millrace.lan:8000'))?.status).toBe(listener === 'inference' ? 200 : 421);
    expect((await get('Host: x.millrace.lan'))?.status).toBe(421);
  });
});

it('names the host that was asked for and the setting to change', async () => {
  const answer = await rawRequest(host.url, head('GET /v2 HTTP/1.1', 'Host: evil.example:8000'));
  const body = JSON.parse(answer!.body) as { error: string; hint: string };
  expect(body.error).toContain("'evil.example:8000'");
  expect(body.hint).toContain('allowedHosts');
});

describe.each(listeners)('the Origin check of the $listener listener', ({ url, path }) => {
  const foreign = [
    'Origin: https://evil.example',
    'Origin: null',
    'Origin: http://localhost.evil.com',
    'Origin: https://localhost@evil.example',
    'Origin: file://',
    'Origin: ',
    'Sec-Fetch-Site: cross-site',
    'sec-fetch-site: cross-site',
  ];

  it.each(foreign)('refuses every verb with %s', async (header) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await rawRequest(
        url(),
        head(`${method} ${path} HTTP/1.1`, 'Host: localhost', header, 'Content-Length: 0', 'Connection: close'),
      );
      expect(answer?.status, method).toBe(403);
      expect(Object.keys(answer!.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('answers pages of this machine and clients that are no browser', async () => {
    for (const headers of [
      ['Origin: http://localhost:3000'],
      ['Origin: http://127.0.0.1'],
      ['Sec-Fetch-Site: same-origin'],
      ['Sec-Fetch-Site: none'],
      [],
    ]) {
      const answer = await rawRequest(url(), head(`GET ${path} HTTP/1.1`, 'Host: localhost', bearer(), ...headers));
      expect(answer?.status).toBe(200);
    }
  });

  it('answers a preflight with 204 that allows nothing', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://localhost:3000']) {
      const answer = await rawRequest(
        url(),
        head(`OPTIONS ${path} HTTP/1.1`, 'Host: localhost', `Origin: ${origin}`, 'Access-Control-Request-Method: POST'),
      );
      expect(answer?.status).toBe(204);
      expect(Object.keys(answer!.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(JSON.stringify(answer!.headers)).not.toContain(origin);
    }
    const misdirected = await rawRequest(url(), head(`OPTIONS ${path} HTTP/1.1`, 'Host: evil.example'));
    expect(misdirected?.status).toBe(421);
  });

  it('refuses a verb that it does not know', async () => {
    const answer = await rawRequest(url(), head(`FOO ${path} HTTP/1.1`, 'Host: localhost'));
    expect([400, 403, 405]).toContain(answer?.status);
  });
});

it('runs nothing for a foreign page, not even what needs no preflight', async () => {
  const before = await answeredRequests();
  const body = predictBody();
  for (const header of ['Origin: https://evil.example', 'Sec-Fetch-Site: cross-site']) {
    for (const type of ['text/plain', 'application/json']) {
      const text = head(
        'POST /predict/iris HTTP/1.1',
        'Host: localhost',
        header,
        `Content-Type: ${type}`,
        `Content-Length: ${body.length}`,
      );
      expect((await rawRequest(host.url, text + body))?.status).toBe(403);
    }
  }
  const misdirected = head('POST /predict/iris HTTP/1.1', 'Host: evil.example', `Content-Length: ${body.length}`);
  expect((await rawRequest(host.url, misdirected + body))?.status).toBe(421);
  expect(await answeredRequests()).toBe(before);
});

it('checks every request of a connection, not only the first', async () => {
  using connection = await RawConnection.open(host.url);
  void connection.write(head('GET /v2 HTTP/1.1', 'Host: localhost'));
  expect((await connection.answer())?.status).toBe(200);
  void connection.write(head('GET /v2 HTTP/1.1', 'Host: evil.example'));
  expect((await connection.answer())?.status).toBe(421);
});

describe('admin paths', () => {
  it('are not found on the inference listener', async () => {
    for (const path of ['/api/v1/status', '/api/v1/', '/api', '/admin']) {
      expect((await host.send(path)).status, path).toBe(404);
      expect((await host.send(path, { method: 'POST', body: '{}' })).status, path).toBe(404);
    }
  });

  it('do not include those of inference', async () => {
    for (const path of ['/v2', '/v2/models/iris', '/predict/iris', '/metrics']) {
      const accept = 'Accept: text/html';
      const answer = await rawRequest(host.adminUrl, head(`GET ${path} HTTP/1.1`, 'Host: localhost', accept));
      expect(answer?.status).toBe(404);
      expect(answer?.headers).not.toHaveProperty('x-powered-by');
    }
  });
});

describe('model names', () => {
  const rule = /cannot name a model: a model name has 1 to 64 characters/;

  it.each([
    ['../x', '..%2fx'],
    ['../x, encoded twice', '..%252fx'],
    ['.., encoded twice', '%252e%252e'],
    ['a good name, encoded twice', '%2569ris'],
    ['..', '%2e%2e'],
    ['.', '.'],
    ['a/b', 'a%2Fb'],
    ['C:\\x', 'C:%5Cx'],
    ['CON', 'CON'],
    ['con.onnx', 'con.onnx'],
    ['COM1', 'COM1'],
    ['x.', 'x.'],
    ['x and a space', 'x%20'],
    ['x, NUL, y', 'x%00y'],
    ['a right-to-left override', 'x%E2%80%AEy'],
    ['é in one code point', '%C3%A9'],
    ['é in two code points', 'e%CC%81'],
    ['300 letters', 'a'.repeat(300)],
    ['__proto__', '__proto__'],
    ['a line break', 'a%0Ab'],
  ])('%s is refused with the rule, everywhere in paths', async (_title, encoded) => {
    for (const [method, path] of [
      ['GET', `/v2/models/${encoded}`],
      ['GET', `/v2/models/${encoded}/ready`],
      ['GET', `/v2/models/${encoded}/config`],
      ['GET', `/v2/models/${encoded}/versions/1/stats`],
      ['POST', `/v2/models/${encoded}/infer`],
      ['POST', `/predict/${encoded}`],
      ['POST', `/v2/repository/models/${encoded}/load`],
    ]) {
      const answer = await rawRequest(
        host.url,
        head(`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Content-Length: 0'),
      );
      expect(answer?.status, path).toBe(400);
      expect(JSON.parse(answer!.body)).toMatchObject({
        code: 'invalid-name',
        error: expect.stringMatching(rule) as string,
      });
    }
  });

  it.each([
    '../x',
    '..\\x',
    '..%2fx',
    '%2e%2e',
    '.',
    'a/b',
    'C:\\x',
    'CON',
    'x.',
    'x ',
    'x\0y',
    'x\u202Ey',
    'é',
    'a'.repeat(300),
    '__proto__',
    '',
    '/etc/passwd',
  ])('%j is refused with the rule in the body of /predict', async (model) => {
    const answer = await host.post('/predict', { model, features: [1] });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'invalid-name', error: expect.stringMatching(rule) as string });
  });

  it.each([null, 7, {}, ['iris']])('%j in the body of /predict is no name', async (model) => {
    expect((await host.post('/predict', { model, features: [1] })).json()).toMatchObject({ code: 'invalid-name' });
  });

  it('reach no file: not in the path as it is, and the models stay what they were', async () => {
    for (const path of [
      '/v2/models/../../etc/passwd',
      '/v2/models/iris/../iris',
      '/v2/models//etc/passwd',
      '/v2\\models\\iris',
    ]) {
      const answer = await rawRequest(host.url, head(`GET ${path} HTTP/1.1`, 'Host: localhost'));
      expect([400, 404], path).toContain(answer?.status);
    }
    expect((await host.send('/v2/models')).json()).toEqual({ models: ['iris'] });
  });
});

describe.runIf(process.platform === 'linux')('a child process', () => {
  const children = (): Promise<number[]> => host.pids();

  it('has an empty working directory that nobody can write to', async () => {
    const pids = await children();
    expect(pids).toHaveLength(2); // One replica and the warden.
    for (const pid of pids) {
      const directory = await readlink(`/proc/${pid}/cwd`);
      expect(await readdir(directory)).toEqual([]);
      expect((await stat(directory)).mode & 0o777).toBe(0o555);
      expect(directory).not.toBe(process.cwd());
    }
  });

  it('inherits no credential, no proxy and no option of Node, and reports to nobody', async () => {
    expect(process.env['AWS_SECRET_ACCESS_KEY']).toBe('planted-secret');
    for (const pid of await children()) {
      const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter((line) => line !== '');
      const names = environment.map((line) => line.slice(0, line.indexOf('=')));
      expect(environment.join('\n')).not.toContain('planted-secret');
      for (const name of ['NODE_OPTIONS', 'HTTPS_PROXY', 'HOME', 'USER', 'SSH_AUTH_SOCK'])
        expect(names).not.toContain(name);
      expect(names.filter((name) => /^(?:AWS_|npm_|VITEST)/i.test(name))).toEqual([]);
      expect(environment).toContain('ORT_DISABLE_TELEMETRY=1');
    }
  });

  it('listens on nothing', async () => {
    const [replica] = (await host.status()).models[0]!.versions[0]!.replicas;
    const links = await Promise.all(
      (await readdir(`/proc/${replica!.pid}/fd`)).map((fd) =>
        readlink(`/proc/${replica!.pid}/fd/${fd}`).catch(() => ''),
      ),
    );
    const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
    const tcp = (await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')))).join('\n');
    const owned = tcp.split('\n').filter((line) => inodes.has(line.trim().split(/\s+/)[9] ?? ''));
    expect(owned).toEqual([]);
  });
});
