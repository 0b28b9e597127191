import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalReasonSchema } from '../../server/protocol/admin/refused-client.ts';
import { RefusedClients } from '../../server/security/refused-clients.ts';

describe('the refused clients', () => {
  it('are counted by address, reason and subject, the latest first', () => {
    const refused = new RefusedClients();
    refused.add({ reason: 'no-key', address: 'a' }, 1000);
    refused.add({ reason: 'host', address: 'a', subject: 'x' }, 2000);
    refused.add({ reason: 'no-key', address: 'a' }, 3000);
    expect(refused.list()).toMatchObject([
      { reason: 'no-key', count: 2, firstAt: new Date(1000).toISOString(), lastAt: new Date(3000).toISOString() },
      { reason: 'host', count: 1, subject: 'x' },
    ]);
  });

  it('are bounded in all and for each address, whoever sends what', () => {
    const refusal = fc.record({
      reason: fc.constantFrom(...refusalReasonSchema.options),
      address: fc.integer({ min: 0, max: 300 }).map((number) => `10.0.${number}.1`),
      subject: fc.option(fc.string({ maxLength: 300, unit: 'binary' }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(refusal, { minLength: 1, maxLength: 500 }), (refusals) => {
        const refused = new RefusedClients();
        refusals.forEach((each, at) => refused.add(each, at));
        const list = refused.list();
        expect(list.length).toBeLessThanOrEqual(200);
        for (const { address } of list) {
          expect(list.filter((each) => each.address === address).length).toBeLessThanOrEqual(12);
        }
        for (const { subject = '', sentence } of list) {
          expect(subject.length).toBeLessThanOrEqual(100);
          expect(sentence).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        }
        expect(list[0]).toMatchObject({ address: refusals.at(-1)!.address, reason: refusals.at(-1)!.reason });
      }),
      { numRuns: 20 },
    );
  });

  it('of one address do not push out those of others', () => {
    const refused = new RefusedClients();
    refused.add({ reason: 'no-key', address: 'quiet' }, 0);
    for (let at = 1; at < 5000; at++) refused.add({ reason: 'host', address: 'loud', subject: `h${at}` }, at);
    expect(refused.list().map(({ address }) => address)).toContain('quiet');
  });

  it('are news once each, and a few times a minute at most', () => {
    const told: string[] = [];
    const refused = new RefusedClients(({ address }) => told.push(address));
    for (let at = 0; at < 50; at++) refused.add({ reason: 'no-key', address: `a${at}` }, at);
    for (let at = 0; at < 50; at++) refused.add({ reason: 'no-key', address: 'a0' }, at);
    expect(told).toHaveLength(10);
    refused.add({ reason: 'no-key', address: 'later' }, 60_000);
    expect(told.at(-1)).toBe('later');
  });

  it('leave out what the program does to itself, while it does', () => {
    const refused = new RefusedClients();
    const heedAgain = refused.ignore(['me']);
    refused.add({ reason: 'no-key', address: 'me' }, 0);
    heedAgain();
    expect(refused.list()).toEqual([]);
    refused.add({ reason: 'no-key', address: 'me' }, 0);
    expect(refused.list()).toHaveLength(1);
  });

  it('are helped only where something helps: a page without a name cannot be allowed', () => {
    const refused = new RefusedClients();
    refused.add({ reason: 'origin', address: 'a', subject: 'null' }, 0);
    refused.add({ reason: 'origin', address: 'a' }, 0);
    expect(refused.list().map(({ fix }) => fix)).toEqual(['none', 'none']);
  });
});
