/**
 * Windows' firewall follows the switch for the network: its one rule is asked for when the network is let in, and taken back when it no
 * longer is. What comes of it is an event, because the switch has been answered by then: a question of Windows may stand on the screen for
 * long. Other systems ask by themselves or have no firewall that is on (lan/firewall-help.ts says what to do there).
 */
import { askFirewall } from '../daemon/windows-firewall.ts';
import type { FirewallWish } from '../daemon/windows-firewall.ts';
import { asMillraceError } from '../base/errors.ts';
import type { NewHostEvent } from '../protocol/admin/host-event.ts';

export interface FirewallParts {
  readonly onEvent: (event: NewHostEvent) => void;
  readonly platform?: NodeJS.Platform;
  readonly ask?: (wish: FirewallWish) => Promise<void>;
}

/** Never rejects. */
export async function adjustFirewall(
  isOn: boolean,
  { onEvent, platform = process.platform, ask = askFirewall }: FirewallParts,
): Promise<void> {
  if (platform !== 'win32') return;
  try {
    await ask(isOn ? 'allow' : 'remove');
  } catch (error) {
    const { message, hint } = asMillraceError(error);
    onEvent({ kind: 'access', severity: 'attention', sentence: message, facts: hint === undefined ? {} : { hint } });
  }
}
