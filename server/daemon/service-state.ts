/** Reads what the system says of a service, and puts it in words. Pure. */
import type { MachineFacts, ServiceScope } from './service-settings.ts';

export interface ServiceState {
  readonly isInstalled: boolean;
  readonly isRunning: boolean;
  /** One sentence. */
  readonly summary: string;
}

export interface StatusOutput {
  readonly exitCode: number;
  readonly text: string;
}

export function serviceState(
  name: string,
  scope: ServiceScope,
  { platform }: Pick<MachineFacts, 'platform'>,
  output: StatusOutput,
): ServiceState {
  const absent: ServiceState = {
    isInstalled: false,
    isRunning: false,
    summary: `There is no service ${name}${scope === 'user' ? ' of yours' : ''}.`,
  };
  if (platform === 'win32') return windowsState(name, output) ?? absent;
  if (platform === 'darwin') return launchdState(name, output) ?? absent;
  return systemdState(name, output) ?? absent;
}

function systemdState(name: string, { text }: StatusOutput): ServiceState | undefined {
  const facts = assignments(text);
  // An unknown unit is answered too, with this word.
  if ((facts.get('LoadState') ?? 'not-found') === 'not-found') return undefined;
  const isRunning = facts.get('ActiveState') === 'active';
  const atStart = facts.get('UnitFileState') === 'enabled' ? 'starts with the machine' : 'does not start by itself';
  const restarts = Number(facts.get('NRestarts') ?? 0);
  const how = isRunning
    ? `runs as process ${facts.get('MainPID')}`
    : `does not run (${facts.get('ActiveState')}, ${facts.get('SubState')}, last exit code ${facts.get('ExecMainStatus')})`;
  const again = restarts > 0 ? `, was started again ${restarts} time${restarts === 1 ? '' : 's'}` : '';
  return { isInstalled: true, isRunning, summary: `Service ${name} ${how}, ${atStart}${again}.` };
}

function launchdState(name: string, { exitCode, text }: StatusOutput): ServiceState | undefined {
  if (exitCode !== 0) return undefined;
  const value = (key: string): string | undefined => new RegExp(`^\\s*${key} = (.+)$`, 'm').exec(text)?.[1];
  const isRunning = value('state') === 'running';
  const lastExit = value('last exit code');
  const how = isRunning
    ? `runs as process ${value('pid')}`
    : `does not run (${value('state') ?? 'unknown'}${lastExit === undefined ? '' : `, last exit code ${lastExit}`})`;
  return { isInstalled: true, isRunning, summary: `Service ${name} ${how}.` };
}

function windowsState(name: string, { exitCode, text }: StatusOutput): ServiceState | undefined {
  if (exitCode !== 0) return undefined;
  const facts = assignments(text);
  const state = facts.get('State') ?? 'Unknown';
  const isRunning = state === 'Running';
  const how = isRunning ? 'runs' : `does not run (${state}, last result ${facts.get('LastResult') ?? 'unknown'})`;
  return { isInstalled: true, isRunning, summary: `Service ${name} ${how}.` };
}

/** Lines of `Key=value`. */
function assignments(text: string): Map<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf('=');
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
    }),
  );
}
