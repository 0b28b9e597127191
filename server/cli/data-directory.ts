/** Where each system keeps a program's own data: the default of `--data`, and where the desktop shell looks for its host. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export function defaultDataDirectory(): string {
  if (process.platform === 'win32')
    return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Millrace');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Millrace');
  return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'millrace');
}
