/** `millrace service install|uninstall|status`: the host as a service of the system, by plans of server/daemon. */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../base/errors.ts';
import { applyPlan, machineFacts, runCommand, stepText } from '../daemon/apply-plan.ts';
import { planInstall, planUninstall, statusCommand } from '../daemon/service-plan.ts';
import type { ServicePlan } from '../daemon/service-plan.ts';
import { serviceDataFolder } from '../daemon/service-settings.ts';
import type { MachineFacts, ServiceScope } from '../daemon/service-settings.ts';
import { serviceState } from '../daemon/service-state.ts';
import { HostClient } from './host-client.ts';

export interface ServiceFlags {
  readonly name: string;
  readonly user?: boolean;
  /** Undefined: where services keep their data. */
  readonly data?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export interface ServiceInstallFlags extends ServiceFlags {
  readonly account?: string;
  readonly config?: string;
  readonly models?: string;
  readonly demo?: boolean;
  readonly port?: number;
  readonly adminPort?: number;
  readonly gpu?: boolean;
  readonly start: boolean;
}

/** The folder with everything of this program: the clone, or the server folder of a package. */
const programFolder = fileURLToPath(new URL('../..', import.meta.url));

export async function installService(flags: ServiceInstallFlags, userDataFolder: string): Promise<void> {
  const facts = await factsFor(flags);
  const { scope, dataFolder } = place(flags, facts, userDataFolder);
  const folder = dirname(resolve(programFolder, 'package.json'));
  const plan = planInstall(
    {
      scope,
      name: flags.name,
      program: { node: process.execPath, entry: resolve(folder, 'bin', 'millrace.mjs'), folder },
      dataFolder,
      ...(flags.account !== undefined && { account: flags.account }),
      serveWords: serveWords(flags),
      gpu: flags.gpu === true,
      startNow: flags.start,
    },
    facts,
  );
  await carryOut(plan, flags, `Service ${flags.name} is installed${flags.start ? ' and started' : ''}.`);
}

export async function uninstallService(flags: ServiceFlags, userDataFolder: string): Promise<void> {
  const facts = await factsFor(flags);
  const { scope, dataFolder } = place(flags, facts, userDataFolder);
  const plan = planUninstall({ scope, name: flags.name, dataFolder }, facts);
  await carryOut(plan, flags, `Service ${flags.name} is removed.`);
}

/** Exit code 3 where it does not run, as for every question about a host. */
export async function showService(flags: ServiceFlags, userDataFolder: string): Promise<void> {
  const facts = await machineFacts();
  const { scope, dataFolder } = place(flags, facts, userDataFolder);
  const step = statusCommand(scope, flags.name, facts);
  if (flags.dryRun === true) return console.log(stepText(step));
  const output = await runCommand(step);
  if (output.exitCode === -1) {
    throw new MillraceError('service-failed', `The services of this machine cannot be asked: ${output.text.trim()}`, {
      hint: `It takes \`${step.command}\`, which this machine does not have.`,
    });
  }
  // An unknown unit is answered with exit code 0; anything else is a system without systemd, or without one for this person.
  if (facts.platform === 'linux' && output.exitCode !== 0) {
    throw new MillraceError('service-failed', `systemd does not answer here: ${output.text.trim()}`, {
      hint: 'This machine was not started by systemd, or nobody is logged in whose services could be asked for.',
    });
  }
  const state = serviceState(flags.name, scope, facts, output);
  // Another account's run file cannot be read, which says nothing about the host.
  const client = state.isRunning ? await HostClient.running(dataFolder).catch(() => undefined) : undefined;
  const facing = client === undefined ? undefined : { inferenceUrl: client.run.inferenceUrl, dataFolder };
  if (flags.json === true) console.log(JSON.stringify({ ...state, ...facing }, undefined, 2));
  else console.log([state.summary, ...(facing === undefined ? [] : [`Apps call ${facing.inferenceUrl}`])].join('\n'));
  if (!state.isRunning) process.exitCode = 3;
}

/** Looking at a plan needs no rights. */
async function factsFor({ dryRun }: ServiceFlags): Promise<MachineFacts> {
  const facts = await machineFacts();
  return dryRun === true ? { ...facts, isAdministrator: true } : facts;
}

function place(
  flags: ServiceFlags,
  facts: MachineFacts,
  userDataFolder: string,
): { scope: ServiceScope; dataFolder: string } {
  const scope = flags.user === true ? 'user' : 'system';
  return { scope, dataFolder: flags.data ?? serviceDataFolder(scope, facts, flags.name, userDataFolder) };
}

/** Paths become absolute: a service works in another folder. */
function serveWords(flags: ServiceInstallFlags): string[] {
  return [
    ...(flags.config === undefined ? [] : ['--config', resolve(flags.config)]),
    ...(flags.models === undefined ? [] : ['--models', resolve(flags.models)]),
    ...(flags.demo === true ? ['--demo'] : []),
    ...(flags.port === undefined ? [] : ['--port', String(flags.port)]),
    ...(flags.adminPort === undefined ? [] : ['--admin-port', String(flags.adminPort)]),
  ];
}

async function carryOut(plan: ServicePlan, flags: ServiceFlags, done: string): Promise<void> {
  if (flags.dryRun === true) {
    if (flags.json === true) return console.log(JSON.stringify(plan, undefined, 2));
    for (const step of plan.steps) {
      console.log(stepText(step));
      if (step.kind === 'file') console.log(step.text.replaceAll(/^/gm, '          ').trimEnd());
    }
    return;
  }
  await applyPlan(plan, (line) => {
    if (flags.json !== true) console.log(`  ${line}`);
  });
  if (flags.json === true) console.log(JSON.stringify({ done, notes: plan.notes }, undefined, 2));
  else console.log([done, ...plan.notes].join('\n'));
}
