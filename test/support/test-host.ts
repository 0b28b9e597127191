/**
 * A host inside the test's own process, with its replicas as real children: for tests of what it answers. Tests that kill
 * a host or measure its memory from outside use host-process.ts.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, readlink, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseConfig } from '../../server/config.ts';
import { startHost } from '../../server/main.ts';
import type { Host } from '../../server/main.ts';
import { RunFile } from '../../server/host/run-file.ts';
import type { HostView } from '../../server/protocol/admin/host-view.ts';
import { demoModels, isRunning, until } from './host-process.ts';
import { openTestRepository } from './model-repository.ts';
import type { TestModel, TestRepository } from './model-repository.ts';
import { binaryRequest } from './oip-request.ts';
import { readPrometheus } from './prometheus-reader.ts';
import type { Sample } from './prometheus-reader.ts';

export interface TestHostOptions {
  /** Models for a temporary repository, or a folder that is served as it is. Default: the models of resources/models. */
  readonly models?: readonly TestModel[] | string;
  /** Further settings, see server/config.ts. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether to wait until every model answers or has been given up. Default true. */
  readonly settled?: boolean;
  /** Called with the data folder, which does not exist yet, before the host starts. */
  prepare?(dataDirectory: string): Promise<void>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it was sent: still compressed where the answer is. */
  readonly body: Buffer;
  readonly text: string;
  /** The body parsed; the test says what it expects of it. */
  json<T = unknown>(): T;
}

export interface SendOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export class TestHost implements AsyncDisposable {
  readonly host: Host;
  readonly url: string;
  readonly adminUrl: string;
  readonly adminToken: string;
  readonly dataDirectory: string;
  readonly #folder: string;
  readonly #repository: TestRepository | undefined;
  readonly #childrenBefore: ReadonlySet<number>;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #stopped = false;

  private constructor(
    host: Host,
    adminToken: string,
    folder: string,
    repository: TestRepository | undefined,
    before: Iterable<number>,
  ) {
    this.host = host;
    this.url = host.inferenceUrl;
    this.adminUrl = host.adminUrl;
    this.adminToken = adminToken;
    this.dataDirectory = join(folder, 'data');
    this.#folder = folder;
    this.#repository = repository;
    this.#childrenBefore = new Set(before);
  }

  static async start({
    models = demoModels,
    settings = {},
    settled = true,
    prepare,
  }: TestHostOptions = {}): Promise<TestHost> {
    const before = await childPids();
    const folder = await mkdtemp(join(tmpdir(), 'millrace-test-host-'));
    const repository = typeof models === 'string' ? undefined : await openTestRepository(models);
    const config = parseConfig(
      {
        models: repository?.directory ?? models,
        dataDirectory: join(folder, 'data'),
        http: { port: 0 },
        admin: { port: 0 },
        // Most tests are about what runs; those of the cache switch it on.
        cache: { enabled: false },
        log: { level: 'silent' },
        ...settings,
      },
      'The test',
    );
    await prepare?.(config.dataDirectory);
    const host = await startHost(config);
    if (settled) await host.settled();
    const { adminToken } = await new RunFile(join(folder, 'data')).read();
    return new TestHost(host, adminToken, folder, repository, before);
  }

  /** Sends exactly these headers beside Host, Connection and the length; no Content-Type unless it is given. */
  send(path: string, { method, headers = {}, body }: SendOptions = {}): Promise<HttpAnswer> {
    return sendHttp(`${this.url}${path}`, this.#agent, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      ...(body !== undefined && { body }),
    });
  }

  /** Posts a value as JSON. */
  post(path: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return this.send(path, { method: 'POST', headers, body: JSON.stringify(value) });
  }

  /** One request of the Open Inference Protocol as JSON. */
  infer(model: string, value: unknown): Promise<HttpAnswer> {
    return this.post(`/v2/models/${model}/infer`, value);
  }

  /** One request with raw tensors behind its JSON. */
  inferBinary(model: string, value: unknown, ...raw: readonly Uint8Array[]): Promise<HttpAnswer> {
    return this.send(`/v2/models/${model}/infer`, binaryRequest(value, ...raw));
  }

  /** A request to the admin API as the command line sends it; `path` is what follows `/api/v1`. */
  admin(path: string, { method, headers = {}, body }: SendOptions = {}): Promise<HttpAnswer> {
    return sendHttp(`${this.adminUrl}/api/v1${path}`, this.#agent, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        Authorization: `Bearer ${this.adminToken}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
  }

  async status(): Promise<HostView> {
    return (await this.admin('/status')).json<HostView>();
  }

  /** The samples of `/metrics`. */
  async metrics(): Promise<readonly Sample[]> {
    return readPrometheus((await this.send('/metrics')).text).samples;
  }

  /** One sample of `/metrics` by its name and model; fails where there is not exactly one. */
  async metric(name: string, model: string): Promise<number> {
    const found = (await this.metrics()).filter((sample) => sample.name === name && sample.labels['model'] === model);
    expect(found, `${name} of ${model}`).toHaveLength(1);
    return found[0]!.value;
  }

  /** Process ids of all replicas and of the warden. */
  async pids(): Promise<number[]> {
    const { models, wardenPid } = await this.status();
    const replicas = models.flatMap(({ versions }) => versions.flatMap((each) => each.replicas.map(({ pid }) => pid)));
    return wardenPid === undefined ? replicas : [...replicas, wardenPid];
  }

  /** Stops the host and checks that nothing of it is left: no child, no folder of its own, no run file. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const pids = await this.pids();
    const workingDirectories = await Promise.all(
      pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)),
    );
    this.#agent.destroy();
    await this.host.stop();
    await until('every child has gone', 2000, async () => {
      for (const pid of pids) if (await isRunning(pid)) return false;
      return true;
    });
    const left = (await childPids()).filter((pid) => !this.#childrenBefore.has(pid));
    expect(left, 'children that the host left behind').toEqual([]);
    for (const directory of new Set(workingDirectories)) {
      if (directory !== undefined) expect(existsSync(directory), `${directory} was left behind`).toBe(false);
    }
    // A database that was not closed leaves its write-ahead log behind, which has another ending.
    const keptFiles = new Set([
      'cache',
      'devices.json',
      'settings.json',
      'sessions.json',
      'uploads',
      'models',
      'staging',
      'tls',
      'trash',
    ]);
    const files = await readdir(this.dataDirectory);
    expect(
      files.filter((file) => !keptFiles.has(file) && !file.endsWith('.db')),
      'files in the data folder',
    ).toEqual([]);
    await rm(this.#folder, { recursive: true, force: true });
    await this.#repository?.remove();
  }
}

function sendHttp(url: string, agent: Agent, { method, headers, body }: SendOptions): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        agent,
        method,
        headers: { ...headers, ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }) },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const whole = Buffer.concat(chunks);
          resolve({
            status: incoming.statusCode!,
            headers: incoming.headers,
            body: whole,
            get text() {
              return whole.toString();
            },
            json: <T>() => JSON.parse(whole.toString()) as T,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Living children of this process, as the operating system knows them; empty where there is no /proc. */
export async function childPids(): Promise<number[]> {
  const children: number[] = [];
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    // `pid (name) state parent …`, and the name may hold anything.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(parent) === process.pid && state !== 'Z') children.push(Number(entry));
  }
  return children;
}
