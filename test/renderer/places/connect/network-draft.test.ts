import { describe, expect, it } from 'vitest';
import { emptyKeyDraft, keyCommand, keyDraftFaults, newKey } from '../../../../renderer/places/connect/key-draft.ts';
import {
  changeOf,
  draftOf,
  networkCommand,
  unconfirmedPublic,
} from '../../../../renderer/places/connect/network-draft.ts';
import { newKeySchema } from '../../../../server/protocol/admin/key-view.ts';
import { lanChangeSchema, lanWishSchema } from '../../../../server/protocol/admin/lan-view.ts';
import type { LanView } from '../../../../server/protocol/admin/lan-view.ts';

const lan = (wish: object = {}): LanView => ({
  wish: lanWishSchema.parse(wish),
  isFixed: false,
  listeners: [],
  addresses: [
    { address: '192.168.1.5', interfaceName: 'eth0', kind: 'private' },
    { address: '8.8.8.8', interfaceName: 'eth1', kind: 'public' },
  ],
  keys: 0,
  firewall: { system: 'linux', sentence: '', commands: [] },
});

describe('the form of the network', () => {
  it('begins with encryption for who has never switched it on, and else with what is', () => {
    expect(draftOf(lan()).tls).toBe('own');
    expect(draftOf(lan({ on: true })).tls).toBe('off');
    expect(draftOf(lan({ addresses: ['192.168.1.5', '127.0.0.2'] }))).toMatchObject({
      which: 'chosen',
      chosen: ['192.168.1.5'],
      other: '127.0.0.2',
    });
  });

  it('asks for what the host takes', () => {
    for (const wish of [
      {},
      { addresses: ['127.0.0.2'] },
      { tls: { kind: 'files', certificateFile: 'c', keyFile: 'k' } },
    ]) {
      const change = changeOf(draftOf(lan(wish)));
      expect(lanChangeSchema.parse(change)).toEqual(change);
      expect(change.on).toBe(true);
    }
  });

  it('wants a public address typed once more', () => {
    const draft = { ...draftOf(lan()), which: 'chosen' as const, chosen: ['8.8.8.8'] };
    expect(unconfirmedPublic(draft, lan())).toBe('8.8.8.8');
    const typed = { ...draft, confirmed: ' 8.8.8.8 ' };
    expect(unconfirmedPublic(typed, lan())).toBeUndefined();
    expect(changeOf(typed).confirmPublic).toEqual(['8.8.8.8']);
    expect(unconfirmedPublic({ ...draft, which: 'private' }, lan())).toBeUndefined();
  });

  it('says the same for a terminal', () => {
    expect(networkCommand(draftOf(lan()))).toBe('npx millrace lan on --all-private --tls');
    const other = {
      ...draftOf(lan()),
      which: 'chosen' as const,
      other: '127.0.0.2',
      tls: 'off' as const,
      announce: false,
    };
    expect(networkCommand(other)).toBe('npx millrace lan on --address 127.0.0.2 --no-tls --no-announce');
  });
});

describe('the form of a key', () => {
  it('asks for what the host takes', () => {
    const draft = { ...emptyKeyDraft, name: ' Line 3 ', models: ['iris'], rate: '2.5', days: '30', share: '2' };
    expect(keyDraftFaults(draft)).toEqual([]);
    expect(newKeySchema.parse(newKey(draft))).toEqual(newKey(draft));
    expect(keyCommand(draft)).toBe('npx millrace keys create "Line 3" --model iris --rate 2.5 --days 30 --share 2');
  });

  it('limits no key that manages to models', () => {
    expect(newKey({ ...emptyKeyDraft, name: 'a', rights: ['admin'], models: ['iris'] })).not.toHaveProperty('models');
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: '-a' }, 'name'],
    [{ name: 'a<b' }, 'name'],
    [{ rights: [] }, 'rights'],
    [{ rate: 'x' }, 'rate'],
    [{ rate: '0' }, 'rate'],
    [{ days: '-1' }, 'days'],
    [{ share: '0' }, 'share'],
    [{ share: '1.5' }, 'share'],
  ] as const)('finds the fault in %j', (change, fault) => {
    expect(keyDraftFaults({ ...emptyKeyDraft, name: 'a', ...change })).toEqual([fault]);
  });
});
