/** Carries out a plan of service-plan.ts step by step, and finds out what such a plan needs to know of this machine. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { MillraceError } from '../base/errors.ts';
import { serviceAccount } from './service-settings.ts';
import type { MachineFacts } from './service-settings.ts';
import type { CommandStep, ServicePlan, ServiceStep } from './service-plan.ts';

/** A start may wait for a stop of the old one, which may take its 90 s. */
const commandLimitMs = 180_000;

/** Runs a program to its end; `exitCode` -1 where it could not be run. */
export interface CommandResult {
  readonly exitCode: number;
  readonly text: string;
}

export function runCommand({ command, args }: CommandStep): Promise<CommandResult> {
  return new Promise((resolve) => {
    const limits = { timeout: commandLimitMs, maxBuffer: 1024 * 1024, windowsHide: true };
    execFile(command, args, limits, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({
        exitCode: code,
        text: code === 0 ? stdout : `${stdout}${stderr}${code === -1 ? String(error?.message) : ''}`,
      });
    });
  });
}

/** Stops at the first step that fails and says which; `say` gets each step before it is done. */
export async function applyPlan({ steps }: ServicePlan, say: (line: string) => void): Promise<void> {
  for (const step of steps) {
    say(stepText(step));
    await applyStep(step);
  }
}

async function applyStep(step: ServiceStep): Promise<void> {
  if (step.kind === 'command') {
    const { exitCode, text } = await runCommand(step);
    if (exitCode === 0 || step.mayFail === true) return;
    throw new MillraceError(
      'service-failed',
      `\`${commandText(step)}\` failed (${exitCode === -1 ? 'it could not be run' : `exit code ${exitCode}`}): ${text.trim() || 'it said nothing'}`,
      { hint: 'Nothing after this step was done. Correct the cause and run the command again.' },
    );
  }
  try {
    if (step.kind === 'folder') await mkdir(step.path, { recursive: true, mode: step.mode });
    else if (step.kind === 'remove') await rm(step.path, { force: true });
    else {
      const bytes = step.encoding === 'utf16le' ? Buffer.from(`\uFEFF${step.text}`, 'utf16le') : Buffer.from(step.text);
      await writeFile(step.path, bytes, { mode: step.mode });
      // An older file keeps its own mode.
      await chmod(step.path, step.mode);
    }
  } catch (error) {
    throw new MillraceError(
      'service-failed',
      `${step.path} could not be ${step.kind === 'remove' ? 'removed' : 'written'}.`,
      {
        hint: (error as Error).message,
        cause: error,
      },
    );
  }
}

/** One line of what a step does, for `--dry-run` and while it is done. */
export function stepText(step: ServiceStep): string {
  if (step.kind === 'command') return `run     ${commandText(step)}${step.mayFail === true ? '   (may fail)' : ''}`;
  const verb = { folder: 'folder  ', file: 'write   ', remove: 'remove  ' }[step.kind];
  return `${verb}${step.path}`;
}

function commandText({ command, args }: CommandStep): string {
  return [command, ...args].map((word) => (/^[\w./:=,@*()+\\-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}

export async function machineFacts(platform: NodeJS.Platform = process.platform): Promise<MachineFacts> {
  const { username, uid } = userInfo();
  const accounts = platform === 'darwin' ? await macAccounts() : { freeAccountId: 0, hasAccount: false };
  return {
    platform,
    homeFolder: homedir(),
    userName: platform === 'win32' ? `${process.env['USERDOMAIN'] ?? '.'}\\${username}` : username,
    userId: Math.max(0, uid),
    isAdministrator: platform === 'win32' ? await isRaised() : uid === 0,
    graphicsGroups: platform === 'linux' ? graphicsGroupsIn(await readFile('/etc/group', 'utf8').catch(() => '')) : [],
    ...accounts,
  };
}

/** Names of /etc/group that graphics devices belong to; naming one that is absent would keep the service from starting. */
export function graphicsGroupsIn(file: string): string[] {
  const present = new Set(file.split('\n').map((line) => line.split(':')[0]));
  return ['video', 'render'].filter((name) => present.has(name));
}

/** The numbers from 200 to 399 are Apple's for accounts of services. `listing` has a name and a number a line. */
export function freeAccountId(listing: string): number {
  const taken = new Set([...listing.matchAll(/\s(-?\d+)\s*$/gm)].map((match) => Number(match[1])));
  for (let id = 399; id >= 200; id--) if (!taken.has(id)) return id;
  throw new MillraceError('service-failed', 'macOS has no free number for the account of a service.', {
    hint: 'Make an account by hand and name it with --account.',
  });
}

async function macAccounts(): Promise<Pick<MachineFacts, 'freeAccountId' | 'hasAccount'>> {
  const list = (kind: string, key: string): Promise<CommandResult> =>
    runCommand({ kind: 'command', command: 'dscl', args: ['.', '-list', kind, key] });
  const users = await list('/Users', 'UniqueID');
  const groups = await list('/Groups', 'PrimaryGroupID');
  return {
    freeAccountId: freeAccountId(`${users.text}\n${groups.text}`),
    hasAccount: users.text.split('\n').some((line) => line.split(/\s/)[0] === serviceAccount),
  };
}

/** Only raised administrators may ask for this; nothing on Windows says it more directly without a native module. */
async function isRaised(): Promise<boolean> {
  return (await runCommand({ kind: 'command', command: 'fltmc.exe', args: [] })).exitCode === 0;
}
