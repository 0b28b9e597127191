/**
 * Runs each of Millrace's programs for a moment, so that Node's compile cache holds everything they load: the first start is
 * then as small and as quick as the next. Run by bootstrap.mjs after an install, on the Node of this project.
 */
import { spawn } from 'node:child_process';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const cache = path('../node_modules/.cache/millrace');
enableCompileCache(cache);
// What a replica loads once it has been told to load a model.
await import('../server/replica/session.ts');
flushCompileCache();

/** Resolves when the program has ended. A replica and a warden end by themselves when nobody is at the other end. */
function run(program, ...args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path(program), ...args], {
      stdio: ['pipe', 'ignore', 'ignore', 'overlapped'],
      env: { ...process.env, NODE_COMPILE_CACHE: cache },
      windowsHide: true,
    });
    child.on('error', resolve);
    child.on('exit', resolve);
    child.stdin.end();
    child.stdio[3].end();
  });
}

await run('../bin/millrace.mjs', '--version');
await run('../server/replica/main.ts');
await run('../server/cluster/warden-main.ts');
