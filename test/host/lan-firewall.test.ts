import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../server/base/errors.ts';
import { adjustFirewall } from '../../server/host/lan-firewall.ts';
import type { NewHostEvent } from '../../server/protocol/admin/host-event.ts';

describe("Windows' firewall", () => {
  it('follows the switch for the network', async () => {
    const asked: string[] = [];
    const parts = { platform: 'win32', onEvent() {}, ask: async (wish: string) => void asked.push(wish) } as const;
    await adjustFirewall(true, parts);
    await adjustFirewall(false, parts);
    expect(asked).toEqual(['allow', 'remove']);
  });

  it('is left alone on other systems', async () => {
    for (const platform of ['linux', 'darwin'] as const) {
      await adjustFirewall(true, { platform, onEvent() {}, ask: () => Promise.reject(new Error('asked')) });
    }
  });

  it('that stays shut is an event that needs attention, not a failure of the switch', async () => {
    const events: NewHostEvent[] = [];
    const refused = new MillraceError('forbidden', 'Nobody agreed.', { hint: 'Try again.' });
    await adjustFirewall(true, {
      platform: 'win32',
      onEvent: (event) => events.push(event),
      ask: () => Promise.reject(refused),
    });
    expect(events).toEqual([
      { kind: 'access', severity: 'attention', sentence: 'Nobody agreed.', facts: { hint: 'Try again.' } },
    ]);
  });
});
