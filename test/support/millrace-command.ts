/** The command line as a user runs it: `node bin/millrace.mjs …` in a process of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/millrace.mjs', import.meta.url));

export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class MillraceCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandResult>;

  /** `environment` is added to the test's own. */
  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    let stdout = '';
    let stderr = '';
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
  }
}

export function millrace(...args: readonly string[]): Promise<CommandResult> {
  return new MillraceCommand(args).ended;
}

/** A host that serves the store of a data folder. */
export class StoreHost implements AsyncDisposable {
  readonly inferenceUrl: string;
  readonly models: readonly { readonly name: string; readonly version: string; readonly state: string }[];
  readonly #command: MillraceCommand;

  private constructor(command: MillraceCommand, announced: Pick<StoreHost, 'inferenceUrl' | 'models'>) {
    this.#command = command;
    this.inferenceUrl = announced.inferenceUrl;
    this.models = announced.models;
  }

  static async start(dataDirectory: string, logLevel = 'error'): Promise<StoreHost> {
    const command = new MillraceCommand([
      'serve',
      '--json',
      '--data',
      dataDirectory,
      '--port',
      '0',
      '--admin-port',
      '0',
      '--log-level',
      logLevel,
    ]);
    const first = await Promise.race([
      new Promise<string>((resolve) => {
        createInterface({ input: command.child.stdout! }).once('line', resolve);
      }),
      command.ended.then(({ stderr }) => {
        throw new Error(`The host ended before it was ready: ${stderr}`);
      }),
    ]);
    return new StoreHost(command, JSON.parse(first) as Pick<StoreHost, 'inferenceUrl' | 'models'>);
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(this.inferenceUrl + path, { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as T;
  }

  /** Stops it; what it wrote to standard error. */
  async stop(): Promise<string> {
    this.#command.child.kill('SIGTERM');
    return (await this.#command.ended).stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
