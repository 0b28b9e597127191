/** Helm, where it is installed or where MILLRACE_HELM names it. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const program = process.env['MILLRACE_HELM'] ?? 'helm';

export const helmInstalled = spawnSync(program, ['version']).status === 0;

/** For the names of suites that are skipped. */
export const helmSkip = helmInstalled ? '' : ' (skipped: helm is not installed)';

/** What it prints. Throws where it fails, with what it said. */
export async function helm(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args], { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}
