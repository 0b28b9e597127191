/**
 * One host as a child of another program, the desktop shell. The two talk over Node's own channel between processes: the host says
 * when it listens, the program when it shall stop, and when the channel breaks the host stops by itself (parent-line.ts is its
 * side). No secret is on a command line or in the channel: where the host is and how to get in stands in its run file.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { HostExit } from './host-restart.ts';

export interface HostProcess {
  /** Resolves when the host has bound its ports; never where it ends before. */
  readonly listening: Promise<void>;
  readonly exited: Promise<HostExit>;
  /** The last lines that it wrote, oldest first. */
  lines(): readonly string[];
  /** Asks it to answer what it has accepted and to end. */
  stop(): void;
  /** Ends it and all its children at once. */
  kill(): void;
}

const keptLines = 50;
const maxLineLength = 500;
const lastLinesMs = 500;

export interface HostCommand {
  readonly node: string;
  readonly words: readonly string[];
  readonly dataDirectory: string;
  readonly env: NodeJS.ProcessEnv;
}

export function spawnHost({ node, words, dataDirectory, env: given }: HostCommand): HostProcess {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const { ELECTRON_RUN_AS_NODE: _, ...env } = given;
  const isWindows = process.platform === 'win32';
  const child = spawn(node, words, {
    cwd: dataDirectory,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    windowsHide: true,
    // A process group of its own, so that all of it can be killed at once. Windows finds the children by their parent.
    detached: !isWindows,
  });
  const lines: string[] = [];
  const keep = (line: string): void => {
    if (line.trim() !== '') lines.push(line.trimEnd().slice(0, maxLineLength));
    if (lines.length > keptLines) lines.shift();
  };
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop()!.slice(0, maxLineLength);
      parts.forEach(keep);
    });
    stream?.on('close', () => keep(rest));
  }
  return {
    listening: new Promise((resolve) => {
      child.on('message', (message: { type?: unknown } | null) => message?.type === 'listening' && resolve());
    }),
    exited: new Promise((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal }));
      // Its last lines come with 'close', unless a grandchild holds the streams open.
      child.on('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), lastLinesMs));
      child.on('error', (error) => {
        keep(error.message);
        if (child.pid === undefined) resolve({ code: 1, signal: null });
      });
    }),
    lines: () => [...lines],
    stop: () => void (child.connected && child.send({ type: 'stop' }, () => {})),
    kill() {
      const { pid } = child;
      if (pid === undefined) return;
      try {
        if (isWindows) spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true });
        else process.kill(-pid, 'SIGKILL');
      } catch {
        // All of it has gone by itself.
      }
    },
  };
}
