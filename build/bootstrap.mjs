/**
 * Runs before `npm start`, `npm test` and the like, on whatever Node the machine has (20 or newer): installs the packages of
 * the lock file and builds the GUI when that is due, so that a fresh clone needs no other command.
 *
 * "Due" is when node_modules was not installed from this lock file, or dist/gui not built from these sources. The stamp is
 * written last, so an interrupted install is done again.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { buildGui } from './gui.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampPath = join(root, 'node_modules', '.millrace-installed');

const oldest = 20;
if (Number(process.versions.node.split('.')[0]) < oldest) {
  console.error(`Millrace needs Node ${oldest} or newer to set itself up; this is Node ${process.versions.node}.`);
  console.error('Install a current Node from https://nodejs.org and try again.');
  process.exit(1);
}

const lock = readFileSync(join(root, 'package-lock.json'));
const wanted = createHash('sha256').update(lock).digest('hex') + ` ${process.platform} ${process.arch}`;
if (!existsSync(stampPath) || readFileSync(stampPath, 'utf8') !== wanted) installPackages();
if (!buildGui()) console.error('The GUI could not be built; see the messages above. Everything else works without it.');

function installPackages() {
  console.error('Installing packages (once, about half a minute) …');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  // npm runs this script and names itself; that works on every system, without a shell.
  const npm = process.env.npm_execpath;
  const [command, args] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const result = spawnSync(command, [...args, 'ci', ...quiet], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // The runtime's installer would download CUDA files. Older npm versions do not know `allowScripts`, which forbids it.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (result.status !== 0) {
    console.error(
      'The packages could not be installed. Check the network and the messages above, then run the command again.',
    );
    process.exit(1);
  }
  // Compile once now: the first start is then as small and as quick as the next.
  spawnSync(
    join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
    [join(root, 'build', 'warm-compile-cache.mjs')],
    {
      cwd: root,
      stdio: 'ignore',
    },
  );
  writeFileSync(stampPath, wanted);
}
