import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashAddress, IpHash, readAddress } from '../../server/balancer/ip-hash.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };
import { countsOf, everyone, fakeCandidates, parked, selectionRequest, sequence } from './fake-candidates.ts';

const { vectors: rows, distribution, keys_moved_on_resize_pct: moved } = vectors.ip_hash_nginx;

function hashOf(ip: string): number {
  const bytes = new Uint8Array(16);
  return hashAddress(89, bytes, readAddress(ip, bytes));
}

function bytesOf(ip: string): number[] {
  const bytes = new Uint8Array(16).fill(99);
  return [...bytes.subarray(0, readAddress(ip, bytes))];
}

function peerOf(ip: string, peers: number): number {
  const all = fakeCandidates({ weights: Array.from({ length: peers }, () => 1) });
  return all.indexOf(new IpHash().pick(all, everyone, selectionRequest({ clientIp: ip })) as never);
}

describe('as nginx', () => {
  test.each(rows.filter((row) => row.h !== undefined))('$ip hashes to $h', (row) => {
    for (const last of ['0', '7', '255']) expect(hashOf(row.ip.replace('x', last))).toBe(row.h);
  });

  test.each(rows.filter((row) => row.h !== undefined))('$ip lands on $n2 of 2, $n3 of 3, $n4 of 4, $n5 of 5', (row) => {
    const ip = row.ip.replace('x', '9');
    const expected = [row.n2, row.n3, row.n4, row.n5];
    const seen = expected.map((peer, i) => (peer === undefined ? undefined : peerOf(ip, i + 2)));
    expect(seen).toEqual(expected);
  });

  test('tries the peers of 127.0.0.x in the order of the vector while none may receive', () => {
    const order = rows.find((row) => row.n3_try_order !== undefined)!.n3_try_order!;
    const all = fakeCandidates({ weights: [1, 1, 1] });
    const tried: number[] = [];
    new IpHash().pick(
      all,
      (candidate) => tried.push(all.indexOf(candidate as never)) >= order.length,
      selectionRequest({ clientIp: '127.0.0.1' }),
    );
    expect(tried).toEqual(order);
  });

  test.each([
    [2, distribution['2 peers']],
    [3, distribution['3 peers']],
  ])('spreads 127.0.i.2, i = 1..30, over %i peers evenly', (peers, expected) => {
    const hits = Array.from({ length: 30 }, (_, i) => String(peerOf(`127.0.${i + 1}.2`, peers)));
    expect(Object.values(countsOf(hits))).toEqual(expected);
  });

  test('moves most clients when the number of peers changes', () => {
    for (const [resize, percent] of Object.entries(moved)) {
      const [before, after] = resize.split('->').map(Number) as [number, number];
      let changed = 0;
      for (let i = 0; i < 20_000; i++) {
        const h = hashOf(`${10 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`);
        if (h % before !== h % after) changed += 1;
      }
      expect(Math.abs((100 * changed) / 20_000 - percent)).toBeLessThan(1.5);
    }
  });
});

test('walks the weights: 1 of 4 networks goes to weight 1 beside weight 3', () => {
  const all = fakeCandidates({ weights: [1, 3] });
  const policy = new IpHash();
  const hits = Array.from({ length: 6271 }, (_, i) =>
    policy.pick(all, everyone, selectionRequest({ clientIp: `10.${i >> 8}.${i & 255}.1` })),
  );
  expect(countsOf(hits.map((hit) => hit!.name))['a']! / 6271).toBeCloseTo(0.25, 1);
});

test('leaves the others where they are when one is down, and moves its clients to the rest', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.nat(4), (clientIp, down) => {
      const all = fakeCandidates({ weights: [1, 2, 3, 1, 1] });
      const request = selectionRequest({ clientIp });
      const before = new IpHash().pick(all, everyone, request);
      const after = new IpHash().pick(all, (candidate) => candidate !== all[down], request);
      if (before === all[down]) expect(after).not.toBe(before);
      else expect(after).toBe(before);
    }),
  );
});

test('goes round robin after 20 misses beyond the first', () => {
  const all = fakeCandidates({ weights: [1, 1] });
  let asked = 0;
  const never = (): boolean => {
    asked += 1;
    return false;
  };
  expect(new IpHash().pick(all, never, selectionRequest())).toBeUndefined();
  expect(asked).toBe(21 + all.length);

  const rarelyHit = fakeCandidates({ weights: [1000, 1] });
  const onlyRare = sequence(new IpHash(), rarelyHit, 3, ({ name }) => name === 'b');
  expect(onlyRare).toBe('bbb');
});

test('a full hashed peer overflows to the other one', () => {
  const row = vectors.max_conns.find(({ strategy }) => strategy !== undefined)!;
  const all = fakeCandidates({ weights: [1, 1], caps: row.caps });
  const picks = countsOf(parked(new IpHash(), all, row.parallel!));
  expect(picks).toEqual({ a: row.accepted!['1'], b: row.accepted!['2'], '-': row.rejected });
});

test('no weight at all is nobody', () => {
  expect(sequence(new IpHash(), fakeCandidates({ weights: [0, 0] }), 1)).toBe('-');
});

describe('the bytes of an address', () => {
  test.each([
    ['192.168.7.4', [192, 168, 7]],
    ['::ffff:192.168.7.4', [192, 168, 7]],
    ['::FFFF:192.168.7.4', [192, 168, 7]],
    ['::ffff:c0a8:704', [192, 168, 7]],
    ['0:0:0:0:0:ffff:192.168.7.4', [192, 168, 7]],
    ['', [0, 0, 0]],
    ['/run/client.sock', [0, 0, 0]],
    ['300.1.2.3', [0, 0, 0]],
    ['::', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['fe80::1:2%eth0', [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]],
    ['2001:db8::', [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['64:ff9b::10.0.0.7', [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 7]],
  ])('%s', (ip, expected) => {
    expect(bytesOf(ip)).toEqual(expected);
  });

  test('are those of an independently written IPv6 address, however it is abbreviated', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, 0xff, 0xabcd), { minLength: 8, maxLength: 8 }), (groups) => {
        const full = groups.map((group) => group.toString(16)).join(':');
        const short = new URL(`http://[${full}]/`).hostname.slice(1, -1);
        const expected = groups.flatMap((group) => [group >> 8, group & 255]);
        fc.pre(groups.slice(0, 5).some((group) => group !== 0));
        expect(bytesOf(full)).toEqual(expected);
        expect(bytesOf(short)).toEqual(expected);
      }),
    );
  });
});
