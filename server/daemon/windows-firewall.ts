/**
 * The one rule of Windows' firewall that Millrace ever needs: the host's program may be called from other machines, in networks that
 * somebody has called private or of a domain, never in public ones. It is added when the LAN is switched on, with one question by
 * Windows, and removed when it is switched off and at the uninstallation. Pure but for `askFirewall`.
 */
import { MillraceError } from '../base/errors.ts';
import { runCommand } from './apply-plan.ts';
import type { CommandStep } from './service-plan.ts';

/** The installer removes the rule by this name. */
export const firewallRuleName = 'Millrace (apps on the network)';

export type FirewallWish = 'allow' | 'remove';

/** Words for netsh. `program` is the Node that runs the host; no port, so that the rule holds when the port changes. */
export function netshWords(wish: FirewallWish, program: string): string[] {
  const name = `name=${firewallRuleName}`;
  if (wish === 'remove') return ['advfirewall', 'firewall', 'delete', 'rule', name];
  return [
    'advfirewall',
    'firewall',
    'add',
    'rule',
    name,
    'dir=in',
    'action=allow',
    'enable=yes',
    `program=${program}`,
    'protocol=TCP',
    'profile=private,domain',
    'description=Lets programs on other machines call the models that Millrace serves.',
  ];
}

/**
 * The same through Windows' question for an administrator: PowerShell starts netsh with raised rights, waits, and passes on how it
 * ended; a person who says no ends it with 1223, Windows' own number for it.
 */
export function raisedNetsh(wish: FirewallWish, program: string): CommandStep {
  if (/["'\p{Cc}]/u.test(program)) throw new Error(`A path that no Windows has: ${JSON.stringify(program)}`);
  const words = netshWords(wish, program)
    .map((word) => `"${word}"`)
    .join(' ');
  const script =
    `try { $p = Start-Process -FilePath "$env:SystemRoot\\System32\\netsh.exe" -ArgumentList '${words}' -Verb RunAs -WindowStyle Hidden -Wait -PassThru; ` +
    'exit $p.ExitCode } catch { exit 1223 }';
  return { kind: 'command', command: 'powershell.exe', args: ['-NoProfile', '-NonInteractive', '-Command', script] };
}

/** Errors: `forbidden` where the person said no, `service-failed` where netsh failed. Removing what is not there is no failure. */
export async function askFirewall(
  wish: FirewallWish,
  program: string = process.execPath,
  run: typeof runCommand = runCommand,
): Promise<void> {
  const { exitCode, text } = await run(raisedNetsh(wish, program));
  if (exitCode === 0 || (wish === 'remove' && exitCode === 1)) return;
  if (exitCode === 1223) {
    throw new MillraceError('forbidden', 'The rule of the firewall was not changed, because nobody agreed.', {
      hint: 'Windows blocks calls from other machines until there is a rule. Try again, or have an administrator run `millrace firewall allow`.',
    });
  }
  throw new MillraceError(
    'service-failed',
    `The rule of the firewall could not be changed (code ${exitCode}). ${text.trim()}`.trim(),
    {
      hint: 'An administrator can run `millrace firewall allow`.',
    },
  );
}
