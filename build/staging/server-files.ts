/** The words that a server folder brings along beside its programs: start scripts, and a README for who unpacks the archive. Pure. */
import type { Target } from './targets.ts';

/** Finds its own folder without any other program, so that it works with an empty PATH; `readlink` is for links to it only. */
const unixScript = `#!/bin/sh
# Runs Millrace on the Node beside it; nothing needs to be installed.
program=$0
if [ -L "$program" ] && command -v readlink >/dev/null 2>&1; then program=$(readlink -f -- "$program"); fi
folder=\${program%/*}
[ "$folder" = "$program" ] && folder=.
exec "$folder/bin/node" "$folder/bin/millrace.mjs" "$@"
`;

const windowsScript = ['@echo off', '"%~dp0bin\\node.exe" "%~dp0bin\\millrace.mjs" %*', ''].join('\r\n');

export interface TextFile {
  readonly path: string;
  readonly text: string;
  readonly isProgram: boolean;
}

/**
 * Starts without the compile cache that a clone has: compiled files need no type stripper, and nothing may write into the server
 * folder, because the shell compares it with its manifest. `NODE_COMPILE_CACHE` works as for every Node program.
 */
const entry = `#!/usr/bin/env node
/** The program's entry in a package. In a clone it is bin/millrace.mjs, which also brings the cache that TypeScript needs. */
await import('../server/cli.js');
`;

export function textFiles(target: Target, version: string): TextFile[] {
  const isWindows = target.platform === 'win32';
  return [
    { path: 'bin/millrace.mjs', text: entry, isProgram: false },
    isWindows
      ? { path: 'millrace.cmd', text: windowsScript, isProgram: false }
      : { path: 'millrace', text: unixScript, isProgram: true },
    {
      path: 'README.txt',
      text: isWindows ? readme(target, version).replaceAll('\n', '\r\n') : readme(target, version),
      isProgram: false,
    },
  ];
}

/** The server's own package.json: what is a module, and which version this is. */
export function packageJson(version: string): string {
  return `${JSON.stringify({ name: 'millrace', version, license: 'MIT', private: true, type: 'module' }, undefined, 2)}\n`;
}

function readme(target: Target, version: string): string {
  const isWindows = target.platform === 'win32';
  const program = isWindows ? 'millrace' : './millrace';
  const place = { linux: '/opt/millrace', darwin: '/opt/millrace', win32: 'C:\\Program Files\\Millrace' }[
    target.platform
  ];
  const asRoot = isWindows ? program : `sudo ${program}`;
  const curl = isWindows
    ? `curl.exe -s http://127.0.0.1:8000/predict/iris -d "{\\"features\\":[5.1,3.5,1.4,0.2]}"`
    : `curl -s http://127.0.0.1:8000/predict/iris -d '{"features":[5.1,3.5,1.4,0.2]}'`;
  return `Millrace ${version} for ${target.name}, without a desktop
${'='.repeat(`Millrace ${version} for ${target.name}, without a desktop`.length)}

This folder is all of it: the server, its own Node, ONNX Runtime, the
interface for the browser and four demo models. Nothing else needs to be
installed, and nothing is written into this folder.

Start it, in this folder:

    ${program} serve --demo

It prints its address and a link to its interface. In another terminal:

    ${curl}

Your own models:

    ${program} models import ./model.onnx --name house-prices
    ${program} serve

As a service that starts with the machine: move this folder to where all
users may read it, such as ${place}, and there

    ${asRoot} service install
    ${asRoot} service status
    ${asRoot} service uninstall

\`--dry-run\` shows what each of them would do. \`${program} --help\` lists the
other commands.

Millrace looks for no updates here. To update, stop it, put the folder of
the new version in the place of this one, and start it: models and settings
lie in the data folder, which \`${program} serve --help\` names.

THIRD-PARTY-LICENSES.txt has the licenses of what is inside, LICENSE
Millrace's own (MIT). server-manifest.json lists every file with its SHA-256.
`;
}
