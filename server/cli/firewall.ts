/** `millrace firewall allow|remove`: the rule of server/daemon/windows-firewall.ts. */
import { MillraceError } from '../base/errors.ts';
import { stepText } from '../daemon/apply-plan.ts';
import { askFirewall, netshWords } from '../daemon/windows-firewall.ts';
import type { FirewallWish } from '../daemon/windows-firewall.ts';

export interface FirewallFlags {
  readonly dryRun?: boolean;
}

export async function firewallCommand(wish: FirewallWish, flags: FirewallFlags): Promise<void> {
  if (flags.dryRun === true) {
    const args = netshWords(wish, process.execPath);
    return console.log(stepText({ kind: 'command', command: 'netsh.exe', args }));
  }
  if (process.platform !== 'win32') {
    throw new MillraceError('unsupported', 'This is for the firewall of Windows.', {
      hint:
        process.platform === 'darwin'
          ? 'macOS asks by itself when another machine calls for the first time: choose Allow.'
          : 'Where this machine has a firewall that is on, open the port in it: sudo ufw allow 8000/tcp, for example.',
    });
  }
  await askFirewall(wish);
  console.log(wish === 'allow' ? 'Other machines in private networks get through.' : 'The rule is gone.');
}
