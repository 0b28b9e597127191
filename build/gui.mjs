/**
 * Builds the GUI into dist/gui when that is due: when it was not built from these sources with these packages. Runs on whatever
 * Node the machine has; the build itself on the Node of this project. The stamp is written last, so what was interrupted is
 * done again.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampPath = join(root, 'dist', '.millrace-gui');
const ownNode = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** False where it could not be built; what went wrong is on standard error. Takes two seconds, or a hundredth where not due. */
export function buildGui() {
  const state = sourceState();
  if (existsSync(join(root, 'dist', 'gui', 'index.html')) && readStamp() === state) return true;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const { status } = spawnSync(ownNode, [vite, 'build', 'renderer', '--logLevel', 'warn'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    // A test runner's own value would bring React's slow development build.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status !== 0) return false;
  writeFileSync(stampPath, state);
  return true;
}

function readStamp() {
  return existsSync(stampPath) ? readFileSync(stampPath, 'utf8') : undefined;
}

/** Of the names and contents of everything that the build reads. */
function sourceState() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  const files = readdirSync(join(root, 'renderer'), { recursive: true, withFileTypes: true });
  const paths = files
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  for (const path of paths.sort()) hash.update(path.slice(root.length)).update(readFileSync(path));
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = buildGui() ? 0 : 1;
