/**
 * What a benchmark has opened: child processes, temporary folders, anything else that must be closed again.
 *
 * Closing goes backwards and ends every child by its own process id, also after errors and on Ctrl-C. `killNow` is the last
 * resort for the moment in which the process itself ends and nothing can be awaited any more.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A host answers what it has accepted before it ends; nothing here needs longer, milliseconds. */
const endLimitMs = 10_000;

export class Scope implements AsyncDisposable {
  readonly #children: Set<ChildProcess>;
  readonly #closers: (() => Promise<unknown>)[] = [];

  private constructor(children: Set<ChildProcess>) {
    this.#children = children;
  }

  static root(): Scope {
    return new Scope(new Set());
  }

  /** A part that can be closed earlier; what is left of it closes with this scope. */
  open(): Scope {
    const part = new Scope(this.#children);
    this.onClose(() => part.close());
    return part;
  }

  onClose(closer: () => Promise<unknown>): void {
    this.#closers.push(closer);
  }

  /** Starts a child that ends with this scope. Throws where there is no such program. */
  async spawn(command: string, args: readonly string[], options: SpawnOptions): Promise<ChildProcess> {
    const child = spawn(command, args, { ...options, windowsHide: true });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    this.onClose(() => endChild(child));
    await once(child, 'spawn');
    return child;
  }

  async temporaryFolder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
    this.onClose(() => rm(path, { recursive: true, force: true }));
    return path;
  }

  /** Idempotent. A closer that fails does not keep the others from running. */
  async close(): Promise<void> {
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      await closer().catch((error: unknown) => console.error(error));
    }
  }

  killNow(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), endLimitMs);
  await exited;
  clearTimeout(timer);
}
