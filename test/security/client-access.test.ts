import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { NewKey } from '../../server/protocol/admin/key-view.ts';
import { AccessDatabase } from '../../server/security/access-database.ts';
import { ClientAccess } from '../../server/security/client-access.ts';
import type { KeyRefusal, RouteNeed } from '../../server/security/client-access.ts';
import { KeyRing } from '../../server/security/key-ring.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-client-access-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

const infer: RouteNeed = { right: 'infer', model: undefined };

function setUp() {
  const database = AccessDatabase.open(join(folder, `${++count}.db`));
  const keys = new KeyRing(database);
  const clock = { ms: 1_000_000 };
  const refusals: KeyRefusal[] = [];
  const events: string[] = [];
  const access = new ClientAccess({
    keys,
    now: () => clock.ms,
    onRefusal: (refusal) => refusals.push(refusal),
    onEvent: ({ sentence }) => void events.push(sentence),
  });
  const make = (change: Partial<NewKey> = {}): string =>
    keys.make({ name: `key ${++count}`, rights: ['infer'], share: 1, hasPrivateCache: false, ...change }, clock.ms)
      .secret;
  const connection = {};
  const ask = (key: string | undefined, need = infer, address = '10.0.0.1', on: object = connection): string => {
    try {
      access.admit(
        { authorization: key === undefined ? undefined : `Bearer ${key}`, apiKey: undefined },
        need,
        on,
        address,
      );
      return 'in';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  return { access, keys, clock, refusals, events, make, ask };
}

describe('a client', () => {
  it('is let in by its key, and not without', () => {
    const { make, ask, refusals } = setUp();
    expect(ask(make())).toBe('in');
    expect(ask(undefined)).toBe('unauthenticated');
    expect(ask('wrong')).toBe('unauthenticated');
    expect(refusals.map(({ reason }) => reason)).toEqual(['no-key', 'wrong-key']);
  });

  it('needs no key where a route needs none', () => {
    expect(setUp().ask(undefined, { right: undefined, model: undefined })).toBe('in');
  });

  it('may do what its key is for', () => {
    const { make, ask } = setUp();
    const iris = make({ models: ['iris'] });
    expect(ask(iris, { right: 'infer', model: 'iris' })).toBe('in');
    expect(ask(iris, { right: 'infer', model: 'digits' })).toBe('forbidden');
    expect(ask(iris, { right: 'metrics', model: undefined })).toBe('forbidden');
    expect(ask(make({ rights: ['admin'] }), { right: 'metrics', model: undefined })).toBe('in');
  });

  it('comes from the addresses of its key, also over IPv6', () => {
    const { make, ask } = setUp();
    const bound = make({ addresses: ['10.0.0.1'] });
    expect(ask(bound)).toBe('in');
    expect(ask(bound, infer, '::ffff:10.0.0.1')).toBe('in');
    expect(ask(bound, infer, '10.0.0.2')).toBe('forbidden');
  });

  it('on an open connection loses its key when that is revoked or ends', () => {
    const { keys, make, ask, clock } = setUp();
    const short = make({ days: 1 });
    expect(ask(short)).toBe('in');
    clock.ms += 86_400_000;
    expect(ask(short)).toBe('unauthenticated');
    const other = make();
    expect(ask(other)).toBe('in');
    keys.revoke(keys.views(clock.ms).at(-1)!.id, clock.ms);
    expect(ask(other)).toBe('unauthenticated');
  });

  it('that changes its key on a connection is judged anew', () => {
    const { make, ask } = setUp();
    const one = make({ models: ['iris'] });
    const other = make({ models: ['digits'] });
    expect(ask(one, { right: 'infer', model: 'iris' })).toBe('in');
    expect(ask(other, { right: 'infer', model: 'iris' })).toBe('forbidden');
    expect(ask(undefined)).toBe('unauthenticated');
    expect(ask('wrong')).toBe('unauthenticated');
  });

  it('that guesses is answered 429 after twenty in a minute; the right key is let in all the same', () => {
    const { make, ask, clock, events } = setUp();
    const right = make();
    const answers = Array.from({ length: 30 }, (_, at) => ask(`guess ${at}`));
    expect(answers.slice(0, 20).every((code) => code === 'unauthenticated')).toBe(true);
    expect(answers.slice(20).every((code) => code === 'locked-out')).toBe(true);
    expect(events).toHaveLength(1);
    expect(ask(right)).toBe('in');
    expect(ask('guess', infer, '10.0.0.9')).toBe('unauthenticated');
    clock.ms += 60_000;
    expect(ask('guess')).toBe('unauthenticated');
  });

  it('that forgets its key is not taken for one that guesses', () => {
    const { ask } = setUp();
    expect(Array.from({ length: 50 }, () => ask(undefined)).every((code) => code === 'unauthenticated')).toBe(true);
  });

  it('is kept to the rate of its key, over all its connections', () => {
    const { make, ask, clock } = setUp();
    const slow = make({ ratePerSecond: 2 });
    expect([ask(slow, infer, '10.0.0.1', {}), ask(slow, infer, '10.0.0.2', {}), ask(slow)]).toEqual([
      'in',
      'in',
      'rate-limited',
    ]);
    clock.ms += 500;
    expect(ask(slow)).toBe('in');
  });
});
