/** What `millrace service` needs to know about the program, the service and this machine. Plain data; the plans are made of it. */

/** `system`: starts with the machine, has an account of its own. `user`: of one person, without an administrator. */
export type ServiceScope = 'system' | 'user';

export interface ServiceSettings {
  readonly scope: ServiceScope;
  /** Names the unit, the job or the task, so that two hosts can stand side by side. */
  readonly name: string;
  /** Absolute paths, as the service will call them. */
  readonly program: {
    readonly node: string;
    readonly entry: string;
    /** Everything of the program lies in it. */
    readonly folder: string;
  };
  readonly dataFolder: string;
  /** Of a system service on Linux and macOS: an account of this machine instead of one made for it. */
  readonly account?: string;
  /** Further words of `millrace serve`, such as `--port`, `9000`. */
  readonly serveWords: readonly string[];
  /** Let the service use graphics processors: they are hidden from it otherwise. */
  readonly gpu: boolean;
  /** False: it starts at the next start of the machine. */
  readonly startNow: boolean;
}

/** What was found on this machine; passed in, so that a plan for each system can be made anywhere. */
export interface MachineFacts {
  readonly platform: NodeJS.Platform;
  readonly homeFolder: string;
  readonly userName: string;
  /** 0 on Windows. */
  readonly userId: number;
  /** Root, or an administrator with raised rights. */
  readonly isAdministrator: boolean;
  /** Groups of this machine that graphics devices belong to. */
  readonly graphicsGroups: readonly string[];
  /** macOS: a free number for the service's own account, and whether that account is there already. */
  readonly freeAccountId: number;
  readonly hasAccount: boolean;
}

/** Of an account, a unit and a label alike: the narrowest of their rules. */
export const serviceNamePattern = /^[a-z][a-z0-9-]{0,30}$/;

export const defaultServiceName = 'millrace';

/** macOS: the account that a system service runs as, made at the installation. */
export const serviceAccount = '_millrace';

/** A stop answers what was accepted; `drainTimeoutMs` is 60 s, and some seconds for the rest. */
export const stopLimitSeconds = 90;

/** The command of the service, in words. `--json`: the log has an object a line, and no one-time link to the interface. */
export function serveCommand({ program, dataFolder, serveWords }: ServiceSettings): string[] {
  return [program.node, program.entry, 'serve', '--json', '--data', dataFolder, ...serveWords];
}

/** Where a service keeps what it keeps, unless told otherwise. */
export function serviceDataFolder(scope: ServiceScope, facts: MachineFacts, name: string, userFolder: string): string {
  // Two hosts cannot share a folder.
  if (scope === 'user') return name === defaultServiceName ? userFolder : `${userFolder}-${name}`;
  if (facts.platform === 'win32') return `C:\\ProgramData\\Millrace${name === defaultServiceName ? '' : `\\${name}`}`;
  return facts.platform === 'darwin' ? `/Library/Application Support/${name}` : `/var/lib/${name}`;
}
