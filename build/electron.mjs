/**
 * Bundles the desktop shell into dist/electron: main.js (an ES module) and preload.cjs (a sandboxed preload must be one CommonJS
 * file). Nothing of it needs node_modules afterwards. Runs on the Node of this project.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Throws where it cannot be built; half a second. */
export async function buildElectron() {
  mkdirSync(new URL('../dist/electron', import.meta.url), { recursive: true });
  await bundle('electron/main.ts', { format: 'es', entryFileNames: 'main.js' });
  await bundle('electron/preload.ts', { format: 'cjs', entryFileNames: 'preload.cjs' });
}

async function bundle(entry, output) {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: entry,
      outDir: 'dist/electron',
      // The packaging lays the list of the server's files beside them.
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: { external: ['electron', /^node:/], output: { ...output, codeSplitting: false } },
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildElectron();
