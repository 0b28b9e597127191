/** Runs a program to its end and gives what it printed. */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Scope } from './scope.ts';

/** Throws with the end of its error output where the program fails. */
export async function outputOf(scope: Scope, command: string, args: readonly string[]): Promise<string> {
  await using run = scope.open();
  const child = await run.spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')]);
  if (code === 0) return stdout;
  throw new Error(`${command} ended with code ${String(code)}: ${stderr.slice(-500)}`);
}
