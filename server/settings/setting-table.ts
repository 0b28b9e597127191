/** What each setting is for, in one sentence, and what a person may do with it. Its type, bounds and default are config.ts's. */

export interface SettingEntry {
  readonly about: string;
  readonly unit?: string;
  /** Never shown, never exported. */
  readonly isSecret?: true;
  /** Said at the start by a flag or a file and nowhere else: what is kept depends on it. */
  readonly isFixed?: true;
  /** Holds at once. Default: from the next start on. */
  readonly isImmediate?: true;
}

export const settingTable: Readonly<Record<string, SettingEntry>> = {
  models: { about: 'Folder whose models are served; the imported ones where it is left out.', isFixed: true },
  dataDirectory: { about: 'Folder for what Millrace keeps between runs.', isFixed: true },
  'http.host': { about: 'Address at which apps call, a loopback one.' },
  'http.port': { about: 'Port at which apps call; 0 takes any free one.' },
  'admin.port': { about: 'Port of this interface and of the command line; 0 takes any free one.' },
  allowedHosts: { about: 'Names beside localhost under which apps reach this computer.' },
  keys: {
    about: 'Keys of apps whose secrets are kept elsewhere, by their hashes; Connect makes the others.',
    isSecret: true,
    isFixed: true,
  },
  'lan.on': { about: 'Whether the network reaches this host; Connect decides where lan is left out.', isFixed: true },
  'lan.addresses': { about: 'Addresses at which the network calls: private, or a list.', isFixed: true },
  'lan.port': { about: 'Port at which the network calls; that of apps where it is left out.', isFixed: true },
  'lan.tls': { about: 'Certificate for the network: off, own, or files.', isFixed: true },
  'lan.announce': { about: 'Whether the name is told to the network.', isFixed: true },
  'lan.name': { about: 'Name before .local under which the network finds this computer.', isFixed: true },
  'defaults.strategy': { about: 'How a copy is chosen for a request, of models that do not say.' },
  'defaults.replicas': {
    about: 'Copies of each model that does not say; the autoscaler decides where this is left out.',
  },
  'defaults.threads': { about: 'Threads of one copy; chosen by the number of cores where this is left out.' },
  'defaults.timeoutMs': { about: 'How long a request may take in all, of models that do not say.', unit: 'ms' },
  'defaults.scaling': { about: "The autoscaler's policy, of models that do not say." },
  'devices.device': { about: 'Where copies run: auto, cpu, cuda, webgpu, …' },
  'devices.graphicsMemoryPercent': { about: "Share of a graphics processor's memory that copies may take.", unit: '%' },
  'cache.enabled': { about: 'Whether answers are saved for requests that come again.' },
  'cache.ttlSeconds': { about: 'How long a saved answer is given.', unit: 's' },
  'cache.maxBytes': { about: 'What all saved answers may take on disk.', unit: 'bytes' },
  'cache.redis': { about: 'Redis that keeps saved answers for several machines.', isSecret: true },
  'features.redis': { about: 'Redis that keeps features for several machines.', isSecret: true },
  'limits.maxBodyBytes': { about: 'Largest request body.', unit: 'bytes' },
  'limits.maxBufferedBytes': { about: 'Bodies that are held at once, of all requests together.', unit: 'bytes' },
  'limits.maxConnections': { about: 'Connections of apps at once.' },
  'limits.headersTimeoutMs': { about: 'How long the head of a request may take to arrive.', unit: 'ms' },
  'limits.requestTimeoutMs': { about: 'How long a whole request may take to arrive.', unit: 'ms' },
  'limits.keepAliveTimeoutMs': { about: 'How long an idle connection is kept.', unit: 'ms' },
  'limits.maxQueueBytes': { about: 'Bodies that wait for a copy of one model.', unit: 'bytes' },
  sources: { about: 'Places that models come from; Sources has those that were added there too.' },
  waitForSources: { about: 'Whether this host is ready only once each source was synced.' },
  memoryBudgetBytes: {
    about: 'Memory of all copies together; a share of this computer where it is left out.',
    unit: 'bytes',
  },
  'compatibility.serverName': { about: 'Name that the server gives itself to clients of the protocol.' },
  'compatibility.repositoryControl': { about: 'Whether apps may load and unload models.' },
  drainTimeoutMs: { about: 'How long a stop waits for accepted requests.', unit: 'ms', isImmediate: true },
  'log.level': { about: 'What is written to the log of the terminal.', isImmediate: true },
  'log.file': { about: 'File for the log, instead of the terminal.', isFixed: true },
  'log.format': { about: 'Lines for people, or JSON for programs.' },
};
