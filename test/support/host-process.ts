/**
 * A host in a process of its own, as a user runs it: for tests that kill it, load it or measure its memory.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findHost } from '../../server/cli/host-client.ts';
import type { HostView } from '../../server/protocol/admin/host-view.ts';

const program = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));
const withReplicaEntry = fileURLToPath(new URL('../fixtures/host-with-replica-entry.ts', import.meta.url));

export const demoModels = fileURLToPath(new URL('../../resources/models', import.meta.url));

export interface HostProcessOptions {
  readonly models: string;
  /** Further settings, see server/config.ts. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A program for the replicas instead of Millrace's own. */
  readonly replicaEntry?: string;
  /** Flags of the host's Node; what they make it print goes to `onLine`. */
  readonly nodeFlags?: readonly string[];
  readonly onLine?: (line: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class HostProcess implements AsyncDisposable {
  readonly inferenceUrl: string;
  readonly adminUrl: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly dataDirectory: string;

  private constructor(
    child: ChildProcess,
    folder: string,
    exited: Promise<Exit>,
    announced: { readonly inferenceUrl: string; readonly adminUrl: string },
  ) {
    this.#child = child;
    this.#folder = folder;
    this.dataDirectory = join(folder, 'data');
    this.exited = exited;
    this.pid = child.pid!;
    this.inferenceUrl = announced.inferenceUrl;
    this.adminUrl = announced.adminUrl;
  }

  /** Resolves when the host has announced itself, so every model answers or has been given up. */
  static async start(options: HostProcessOptions): Promise<HostProcess> {
    const { models, settings = {}, replicaEntry, nodeFlags = [], onLine } = options;
    const folder = await mkdtemp(join(tmpdir(), 'millrace-host-'));
    const config = join(folder, 'settings.json');
    const base = {
      models,
      dataDirectory: join(folder, 'data'),
      http: { port: 0 },
      admin: { port: 0 },
      log: { level: 'error' },
      // Most tests are about what runs; those of the cache switch it on.
      cache: { enabled: false },
    };
    await writeFile(config, JSON.stringify({ ...base, ...settings }));
    const args =
      replicaEntry === undefined
        ? [program, 'serve', '--json', '--config', config]
        : [withReplicaEntry, config, replicaEntry];
    const child = spawn(process.execPath, [...nodeFlags, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = new Promise<Exit>((resolve) => {
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000);
    });
    const firstLine = await Promise.race([
      new Promise<string>((resolve) => {
        createInterface({ input: child.stdout }).on('line', (line) =>
          line.startsWith('{') ? resolve(line) : onLine?.(line),
        );
      }),
      exited.then(({ code, signal }) => {
        throw new Error(`The host ended with ${code ?? signal} before it was ready: ${errors}`);
      }),
    ]);
    return new HostProcess(child, folder, exited, JSON.parse(firstLine) as { inferenceUrl: string; adminUrl: string });
  }

  async status(): Promise<HostView> {
    return (await findHost(this.dataDirectory)).status;
  }

  /** Process ids of the model's replicas that are ready, or of all models' without a name. */
  async readyReplicas(model?: string): Promise<number[]> {
    const { models } = await this.status();
    return models
      .filter(({ name }) => model === undefined || name === model)
      .flatMap(({ versions }) => versions.flatMap(({ replicas }) => replicas))
      .filter(({ state }) => state === 'ready')
      .map(({ pid }) => pid);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Orderly stop; kills a host that does not end within ten seconds, and then fails. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    this.#child.kill('SIGTERM');
    const exit = await this.exited;
    clearTimeout(timer);
    await rm(this.#folder, { recursive: true, force: true });
    if (exit.signal === 'SIGKILL' && !this.#expectedToDie) throw new Error('The host did not stop within ten seconds.');
  }

  #expectedToDie = false;

  /** For the tests that kill the host themselves. */
  async kill(): Promise<void> {
    this.#expectedToDie = true;
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}

/** True while the process exists and is not a zombie that waits for its parent. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined
    ? process.platform !== 'linux'
    : stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

/** Polls until `condition` holds; fails after `withinMs` with what was being waited for. */
export async function until(
  what: string,
  withinMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<number> {
  const startedMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedMs > withinMs) throw new Error(`Not within ${withinMs} ms: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return performance.now() - startedMs;
}
