/** Where each system keeps a program's own data: the default of `--data`, and where the desktop shell looks for its host. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export function defaultDataDirectory(env: NodeJS.ProcessEnv = process.env): string {
  // A child process works in another folder.
  if (env['MILLRACE_DATA']) return resolve(env['MILLRACE_DATA']);
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Millrace');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Millrace');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'millrace');
}
