/** A service and a machine to plan it for. */
import type { MachineFacts, ServiceSettings } from '../../server/daemon/service-settings.ts';

export const facts: MachineFacts = {
  platform: 'linux',
  homeFolder: '/home/petra',
  userName: 'petra',
  userId: 1000,
  isAdministrator: true,
  graphicsGroups: ['video', 'render'],
  freeAccountId: 399,
  hasAccount: false,
};

export const macFacts: MachineFacts = { ...facts, platform: 'darwin', homeFolder: '/Users/petra', userId: 501 };

export const windowsFacts: MachineFacts = {
  ...facts,
  platform: 'win32',
  homeFolder: 'C:\\Users\\petra',
  userName: 'PLANT\\petra',
  userId: 0,
  graphicsGroups: [],
};

export const settings: ServiceSettings = {
  scope: 'system',
  name: 'millrace',
  program: { node: '/opt/millrace/bin/node', entry: '/opt/millrace/bin/millrace.mjs', folder: '/opt/millrace' },
  dataFolder: '/var/lib/millrace',
  serveWords: [],
  gpu: false,
  startNow: true,
};

export const macSettings: ServiceSettings = { ...settings, dataFolder: '/Library/Application Support/millrace' };

export const windowsSettings: ServiceSettings = {
  ...settings,
  program: {
    node: 'C:\\Program Files\\Millrace\\bin\\node.exe',
    entry: 'C:\\Program Files\\Millrace\\bin\\millrace.mjs',
    folder: 'C:\\Program Files\\Millrace',
  },
  dataFolder: 'C:\\ProgramData\\Millrace',
};
