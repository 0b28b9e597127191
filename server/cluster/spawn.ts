/**
 * Starts replica processes: which program, which directory, which environment, which descriptors.
 *
 * A replica gets an empty working directory, because ONNX Runtime looks there for files that a model names; and an
 * environment by allow-list, because a model is somebody else's program and credentials are none of its business.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What a runtime needs to start and to find its GPU drivers; nothing that carries a secret. */
const passedVariables = [
  'PATH',
  'TZ',
  'LANG',
  'TEMP',
  'TMP',
  'TMPDIR',
  'SystemRoot',
  'windir',
  'NUMBER_OF_PROCESSORS',
  'LD_LIBRARY_PATH',
  'XDG_RUNTIME_DIR',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
  'CUDA_VISIBLE_DEVICES',
];

export const replicaEntry = fileURLToPath(new URL('../replica/main.ts', import.meta.url));

/** The environment of a child: the allowed part of `from`, the runtime's telemetry off, and the host's compile cache. */
export function childEnvironment(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const environment: Record<string, string> = { ORT_DISABLE_TELEMETRY: '1' };
  for (const name of passedVariables) {
    const value = from[name];
    if (value !== undefined) environment[name] = value;
  }
  // Node names the folder inside the one it was given; the child is to be given the same one.
  const cache = getCompileCacheDir();
  if (cache !== undefined) environment['NODE_COMPILE_CACHE'] = dirname(cache);
  return environment;
}

/** A directory with nothing in it, where nothing can be put by mistake. */
export class EmptyDirectory {
  readonly path: string;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'millrace-empty-'));
    chmodSync(this.path, 0o555);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface ReplicaProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The framed connection; it ends when either side dies. */
  readonly socket: Duplex;
  readonly stderr: Readable;
}

/** Starts one replica. Throws where the operating system refuses a process. */
export function spawnReplica(entry: string, workingDirectory: string): ReplicaProcess {
  const child = spawn(process.execPath, ['--disable-proto=throw', entry], {
    cwd: workingDirectory,
    env: childEnvironment(process.env),
    // 'overlapped' is a pipe that Windows can use asynchronously from both ends; elsewhere it is the same as 'pipe'.
    stdio: ['ignore', 'pipe', 'pipe', 'overlapped'],
    windowsHide: true,
  });
  child.on('error', () => {}); // Reported by 'exit' or, where there is no process at all, by the missing pid below.
  if (child.pid === undefined) throw new Error('The operating system started no process.');
  child.stdout!.resume();
  return { child, pid: child.pid, socket: child.stdio[3] as unknown as Duplex, stderr: child.stderr! };
}
