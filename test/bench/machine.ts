/** What a figure is worth nothing without: the machine, the versions, the commit. */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { outputOf } from './program-output.ts';
import type { Scope } from './scope.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Lines of a list. */
export async function machineFacts(scope: Scope): Promise<string[]> {
  const memoryGigabytes = Math.round(totalmem() / 2 ** 30);
  return [
    `Machine: ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${memoryGigabytes} GiB, ${type()} ${release()}`,
    `Node ${process.versions.node}, Millrace at commit ${await commit(scope)}, ${new Date().toISOString().slice(0, 10)}`,
    `Load average before the start: ${loadavg()[0]!.toFixed(2)}`,
  ];
}

async function commit(scope: Scope): Promise<string> {
  try {
    const id = (await outputOf(scope, 'git', ['-C', root, 'rev-parse', '--short', 'HEAD'])).trim();
    const changes = await outputOf(scope, 'git', ['-C', root, 'status', '--porcelain', '--', 'server', 'bin']);
    return changes === '' ? id : `${id} with changes that are not committed`;
  } catch {
    return 'unknown';
  }
}
