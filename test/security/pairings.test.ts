import { describe, expect, it } from 'vitest';
import type { MadeKey } from '../../server/protocol/admin/key-view.ts';
import { Pairings, stepMs } from '../../server/security/pairings.ts';

const wish = { rights: ['infer' as const], share: 1, hasPrivateCache: false };
const made = (name: string): MadeKey => ({
  key: {
    id: 'k1',
    name,
    rights: ['infer'],
    share: 1,
    hasPrivateCache: false,
    createdAt: '',
    isExpired: false,
    isFixed: false,
  },
  secret: 'the secret',
});

function setUp() {
  const unfetched: string[] = [];
  const pairings = new Pairings((keyId) => unfetched.push(keyId));
  const { pairing, code } = pairings.open(wish, 0);
  const claim = (nowMs = 1) => pairings.claim(code, 'Tablet', '10.0.0.7', nowMs);
  const confirm = (nowMs = 2) => pairings.confirm(pairing.id, (_wish, name) => made(name), nowMs);
  return { pairings, pairing, code, claim, confirm, unfetched };
}

describe('a pairing', () => {
  it('gives its key to the device that came with the code, once, after a person has confirmed', () => {
    const { pairings, claim, confirm } = setUp();
    const { id, secret, number } = claim()!;
    expect(pairings.answer(id, secret, 2)).toEqual({ state: 'claimed' });
    expect(pairings.list(2)).toMatchObject([{ number, deviceName: 'Tablet', address: '10.0.0.7' }]);
    expect(confirm()).toMatchObject({ state: 'confirmed' });
    expect(pairings.answer(id, secret, 3)).toMatchObject({ state: 'done', made: { secret: 'the secret' } });
    expect(pairings.answer(id, secret, 4)).toEqual({ state: 'done' });
    expect(JSON.stringify(pairings.list(4))).not.toContain('the secret');
  });

  it('takes its code once, and no other', () => {
    const { pairings, claim } = setUp();
    expect(pairings.claim('another', 'x', 'a', 1)).toBeUndefined();
    expect(claim()).toBeDefined();
    expect(claim()).toBeUndefined();
  });

  it('answers nobody but the device', () => {
    const { pairings, pairing, claim, confirm } = setUp();
    claim();
    confirm();
    expect(pairings.answer(pairing.id, 'guess', 3)).toBeUndefined();
    expect(pairings.answer('nothing', 'guess', 3)).toBeUndefined();
  });

  it('is not confirmed before a device is there, nor twice', () => {
    const { claim, confirm } = setUp();
    expect(() => confirm()).toThrow('still waiting for a device');
    claim();
    confirm();
    expect(() => confirm()).toThrow('confirmed already');
  });

  it('ends after five minutes at each step, and a key that nobody fetched is taken back', () => {
    const late = setUp();
    expect(late.claim(stepMs)).toBeUndefined();
    const slow = setUp();
    slow.claim(stepMs - 1);
    expect(() => slow.confirm(2 * stepMs)).toThrow('over');
    const lost = setUp();
    const { id, secret } = lost.claim()!;
    lost.confirm();
    expect(lost.pairings.isOpen(2 + stepMs)).toBe(false);
    expect(lost.unfetched).toEqual(['k1']);
    expect(lost.pairings.answer(id, secret, 2 + stepMs)).toEqual({ state: 'ended' });
  });

  it('is declined at any time before it is done', () => {
    const { pairings, pairing, claim, confirm, unfetched } = setUp();
    const { id, secret } = claim()!;
    confirm();
    expect(pairings.decline(pairing.id, 3)).toMatchObject({ state: 'declined' });
    expect(unfetched).toEqual(['k1']);
    expect(pairings.answer(id, secret, 4)).toEqual({ state: 'declined' });
  });

  it('is one of a few, and calls a device by a name that a key may have', () => {
    const pairings = new Pairings();
    const codes = Array.from({ length: 20 }, (_, at) => pairings.open(wish, at).code);
    expect(pairings.list(20)).toHaveLength(8);
    expect(pairings.claim(codes[0]!, 'x', 'a', 20)).toBeUndefined();
    pairings.claim(codes.at(-1)!, '  \u202E<script>alert(1)</script>', 'a', 20);
    expect(pairings.list(20)[0]!.deviceName).toBe('scriptalert(1)script');
    pairings.claim(codes.at(-2)!, '🙂', 'a', 20);
    expect(pairings.list(20)[1]!.deviceName).toBe('Device');
  });
});
