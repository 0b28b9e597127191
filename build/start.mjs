/**
 * `npm start`: the desktop window where there can be one, else the same server for a browser, with one line that says why.
 * `npm start -- --headless` asks for the latter and tries nothing; flags of `millrace serve` mean it too. Plain JavaScript so that the
 * host, which runs in this very process, loads no type stripper.
 */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { decideDesktop, downloadFault, electronProgram, isElectronThere } from './desktop-start.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const serveWords = words.filter((word) => word !== '--headless');

/** Electron that has not opened a window by then and ends with an error will not, milliseconds. */
const openingMs = 15_000;
/** 120 MB over a slow line. */
const downloadMs = 600_000;

const obstacle = words.includes('--headless') ? '' : await openDesktop();
if (obstacle !== undefined) {
  if (obstacle !== '') console.error(`No desktop window: ${obstacle}. Millrace serves for a browser.`);
  const program = fileURLToPath(new URL('../bin/millrace.mjs', import.meta.url));
  process.argv = [process.argv[0], program, 'serve', '--demo', ...serveWords];
  await import('../bin/millrace.mjs');
}

/** Undefined once the window has been there and was closed; else why there is none. */
async function openDesktop() {
  const { platform, arch, env } = process;
  const isInstalled = isElectronThere(root, platform, env);
  const decision = decideDesktop({ platform, arch, env, userId: process.getuid?.(), serveWords, isInstalled });
  if (typeof decision === 'object') return decision.reason;
  if (decision === 'fetch') {
    console.error('Fetching Electron for the desktop window (once, 120 MB) …');
    const install = join(root, 'node_modules', 'electron', 'install.js');
    const stdio = ['ignore', 'ignore', 'pipe'];
    const { status, stderr } = spawnSync(process.execPath, [install], { stdio, timeout: downloadMs, encoding: 'utf8' });
    if (status !== 0 || !isElectronThere(root, platform, env))
      return `Electron could not be downloaded (${downloadFault(stderr ?? '')})`;
  }
  try {
    await (await import('./electron.mjs')).buildElectron();
  } catch (error) {
    return `the shell could not be built (${error.message.split('\n')[0]})`;
  }
  return runElectron(electronProgram(root, platform, env));
}

function runElectron(program) {
  const startedMs = performance.now();
  // Terminals of editors that are Electron themselves pass this on; with it Electron would be a Node.
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  const child = spawn(program, [root], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(`Electron cannot be started (${error.code})`));
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(undefined);
      else if (performance.now() - startedMs < openingMs) resolve(`Electron ended at once (${code ?? signal})`);
      else {
        process.exitCode = code ?? 1;
        resolve(undefined);
      }
    });
  });
}
