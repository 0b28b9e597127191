/**
 * `npm run stage`: builds the server folder of this machine's target, or of those named.
 *
 *     npm run stage -- --target all          every target
 *     npm run stage -- --target win32-x64    one, or several with commas
 *     npm run stage -- --pins                ask the registry for the digests of the Node that package.json names
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { chosenTargets, runBuild } from './command-words.ts';
import { buildGui } from './gui.mjs';
import { stageServer } from './staging/stage-server.ts';
import { targets } from './staging/targets.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

await runBuild(async () => {
  const { values } = parseArgs({
    options: { target: { type: 'string' }, out: { type: 'string' }, pins: { type: 'boolean' } },
  });
  if (values.pins === true) return printPins();
  const chosen = chosenTargets(values.target);
  if (!buildGui()) throw new Error('The GUI could not be built; see the messages above.');
  for (const target of chosen) {
    const { folder } = await stageServer(target, {
      root,
      say: (line) => console.log(line),
      ...(values.out !== undefined && { outFolder: values.out }),
    });
    console.log(`  ${folder}`);
  }
});

/** What build/staging/targets.ts must say after a new version of Node. */
async function printPins(): Promise<void> {
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  console.log(`pinnedNodeVersion: ${dependencies['node']}`);
  for (const { name, nodePackage } of Object.values(targets)) {
    const words = ['view', `${nodePackage}@${dependencies['node']}`, 'dist.integrity'];
    const { stdout } = await promisify(execFile)('npm', words, { cwd: root, shell: process.platform === 'win32' });
    console.log(`${name}: ${stdout.trim()}`);
  }
}
