/** A host started from a server folder or an unpacked archive by its own start script, with an empty PATH and no other package in reach. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { x as extract } from 'tar';

const isWindows = process.platform === 'win32';
/** Windows starts no program without these. */
const bareEnvironment = isWindows ? { SystemRoot: process.env['SystemRoot'] ?? 'C:\\Windows', PATH: '' } : { PATH: '' };

export class PackagedHost implements AsyncDisposable {
  readonly inferenceUrl: string;
  readonly startedInMs: number;
  readonly #child: ChildProcess;
  readonly #serverFolder: string;
  readonly #work: string;

  private constructor(
    child: ChildProcess,
    serverFolder: string,
    work: string,
    inferenceUrl: string,
    startedInMs: number,
  ) {
    this.#child = child;
    this.#serverFolder = serverFolder;
    this.#work = work;
    this.inferenceUrl = inferenceUrl;
    this.startedInMs = startedInMs;
  }

  /** Resolves when all demo models answer. */
  static async start(serverFolder: string): Promise<PackagedHost> {
    for (let place = serverFolder; dirname(place) !== place; place = dirname(place)) {
      const above = join(dirname(place), 'node_modules');
      if (existsSync(above)) throw new Error(`${above} is in reach of the server folder, so this would prove nothing.`);
    }
    const work = await mkdtemp(join(tmpdir(), 'millrace-packaged-'));
    const elsewhere = join(work, 'elsewhere');
    await mkdir(elsewhere);
    const started = performance.now();
    const words = ['serve', '--demo', '--json', '--port', '0', '--admin-port', '0', '--data', join(work, 'data')];
    const child = spawn(scriptOf(serverFolder), words, {
      cwd: elsewhere,
      env: bareEnvironment,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: isWindows,
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-4000)));
    const line = await Promise.race([
      new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
      new Promise<never>((_, reject) => {
        child.on('error', reject);
        child.on('exit', (code, signal) =>
          reject(new Error(`It ended with ${code ?? signal} before it was ready: ${errors}`)),
        );
      }),
    ]);
    const { inferenceUrl } = JSON.parse(line) as { inferenceUrl: string };
    return new PackagedHost(child, serverFolder, work, inferenceUrl, Math.round(performance.now() - started));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async predictIris(): Promise<{ readonly prediction: string }> {
    const response = await fetch(`${this.inferenceUrl}/predict/iris`, {
      method: 'POST',
      body: JSON.stringify({ features: [5.1, 3.5, 1.4, 0.2] }),
    });
    if (response.status !== 200) throw new Error(`It answers ${response.status}: ${await response.text()}`);
    return (await response.json()) as { prediction: string };
  }

  /** Stops in order; throws where it does not end, or leaves a process behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    const exited = new Promise<number | null>((resolve) => this.#child.once('exit', resolve));
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 20_000);
    this.#child.kill('SIGTERM');
    const code = await exited;
    clearTimeout(timer);
    const left = processesOf(this.#serverFolder);
    await rm(this.#work, { recursive: true, force: true });
    if (!isWindows && code !== 0) throw new Error(`The packaged host ended with ${code} after SIGTERM.`);
    if (left.length > 0) throw new Error(`Processes of ${this.#serverFolder} are left: ${left.join(', ')}.`);
  }
}

function scriptOf(serverFolder: string): string {
  return join(serverFolder, isWindows ? 'millrace.cmd' : 'millrace');
}

/** One command of a packaged Millrace. */
export async function runPackaged(serverFolder: string, ...words: readonly string[]): Promise<string> {
  const options = { env: bareEnvironment, cwd: tmpdir(), shell: isWindows };
  return (await promisify(execFile)(scriptOf(serverFolder), [...words], options)).stdout;
}

/** What runs from that folder, where the system says it as files. */
export function processesOf(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    });
}

/** Unpacks a `.tar.gz`; returns the one folder in it. */
export async function unpackArchive(path: string, into: string): Promise<string> {
  await mkdir(into, { recursive: true });
  await extract({ file: path, cwd: into });
  const [only, ...more] = readdirSync(into);
  if (only === undefined || more.length > 0)
    throw new Error(`${path} holds ${[only, ...more].join(', ')}, not one folder.`);
  return join(into, only);
}
