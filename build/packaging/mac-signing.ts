/**
 * Signs the programs and libraries of a server folder for macOS before its manifest is made: a signature changes the file, so
 * electron-builder, which signs at the end, must leave this folder alone.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** `identity`: name of a Developer ID certificate in the keychain. Only on macOS, where `codesign` is. */
export async function signForMac(
  folder: string,
  binaries: readonly string[],
  { identity, entitlements }: { readonly identity: string; readonly entitlements: string },
): Promise<void> {
  for (const path of binaries) {
    // Only programs have entitlements; a library has those of whoever loads it.
    const own = path.startsWith('bin/') ? ['--entitlements', entitlements] : [];
    const words = ['--force', '--timestamp', '--options', 'runtime', ...own, '--sign', identity, join(folder, path)];
    await promisify(execFile)('codesign', words);
  }
}
