import { describe, expect, it } from 'vitest';
import { AdminAccess } from '../../server/security/admin-access.ts';
import type { AccessRequest } from '../../server/security/admin-access.ts';
import type { SavedSession } from '../../server/security/admin-sessions.ts';

const hour = 3_600_000;
const none: AccessRequest = {
  method: 'GET',
  address: '127.0.0.1',
  authorization: undefined,
  cookie: undefined,
  csrf: undefined,
};

function setUp(saved: readonly SavedSession[] = []) {
  const clock = { nowMs: 1_000_000 };
  const kept: SavedSession[][] = [];
  const events: string[] = [];
  const access = new AdminAccess({
    saved,
    save: (sessions) => kept.push([...sessions]),
    onEvent: ({ severity }) => void events.push(severity),
    now: () => clock.nowMs,
  });
  const check = (request: Partial<AccessRequest>) => access.check({ ...none, ...request });
  const enter = () => access.openSession(access.makeCode(hour), '127.0.0.1');
  const codeOf = (act: () => unknown): unknown => {
    try {
      act();
      return undefined;
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  return { access, clock, kept, events, check, enter, codeOf };
}

describe('the token', () => {
  it('lets the command line do everything', () => {
    const { access, check } = setUp();
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect(check({ method, authorization: `Bearer ${access.token}` })).toEqual({ by: 'token', sessionId: undefined });
    }
    expect(access.token).toMatch(/^[\w-]{43}$/);
    expect(new AdminAccess().token).not.toBe(access.token);
  });

  it.each(['Bearer wrong', 'Basic abc', '', 'Bearer', 'Bearer  '])('is nothing else: %j', (authorization) => {
    const { check, codeOf } = setUp();
    expect(codeOf(() => check({ authorization }))).toBe('unauthenticated');
  });

  it('that is wrong is not made good by a session', () => {
    const { check, enter, codeOf } = setUp();
    const { secret } = enter();
    expect(codeOf(() => check({ authorization: 'Bearer wrong', cookie: secret }))).toBe('unauthenticated');
  });
});

describe('a launch code', () => {
  it('opens one session, once', () => {
    const { access, codeOf } = setUp();
    const code = access.makeCode(hour);
    expect(access.openSession(code, 'x').secret).toMatch(/^[\w-]{43}$/);
    expect(codeOf(() => access.openSession(code, 'x'))).toBe('unauthenticated');
  });

  it('ends with its time', () => {
    const { access, clock, codeOf } = setUp();
    const [early, late] = [access.makeCode(hour), access.makeCode(hour)];
    clock.nowMs += hour - 1;
    access.openSession(early, 'x');
    clock.nowMs += 1;
    expect(codeOf(() => access.openSession(late, 'x'))).toBe('unauthenticated');
  });

  it('makes room for newer ones beyond sixteen', () => {
    const { access, codeOf } = setUp();
    const codes = Array.from({ length: 17 }, () => access.makeCode(hour));
    expect(codeOf(() => access.openSession(codes[0]!, 'x'))).toBe('unauthenticated');
    expect(codeOf(() => access.openSession(codes[1]!, 'x'))).toBeUndefined();
  });
});

describe('a session', () => {
  it('may read with its cookie and change things with its CSRF token', () => {
    const { check, enter, codeOf } = setUp();
    const { secret, csrfToken } = enter();
    expect(check({ cookie: secret })).toMatchObject({ by: 'session' });
    expect(check({ method: 'HEAD', cookie: secret })).toMatchObject({ by: 'session' });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'FOO', 'get']) {
      expect(
        codeOf(() => check({ method, cookie: secret })),
        method,
      ).toBe('forbidden');
      expect(
        codeOf(() => check({ method, cookie: secret, csrf: 'wrong' })),
        method,
      ).toBe('forbidden');
      expect(check({ method, cookie: secret, csrf: csrfToken }), method).toMatchObject({ by: 'session' });
    }
  });

  it('is not served by the token of another', () => {
    const { check, enter, codeOf } = setUp();
    const [one, other] = [enter(), enter()];
    expect(one.csrfToken).not.toBe(other.csrfToken);
    expect(codeOf(() => check({ method: 'POST', cookie: one.secret, csrf: other.csrfToken }))).toBe('forbidden');
  });

  it('ends a day after its last use and a week after its first', () => {
    const { clock, check, enter, codeOf } = setUp();
    const idle = enter().secret;
    clock.nowMs += 24 * hour;
    expect(codeOf(() => check({ cookie: idle }))).toBe('unauthenticated');
    const busy = enter().secret;
    for (let day = 0; day < 6; day++) {
      clock.nowMs += 24 * hour - 1;
      expect(check({ cookie: busy })).toMatchObject({ by: 'session' });
    }
    clock.nowMs += 24 * hour - 1;
    expect(check({ cookie: busy })).toMatchObject({ by: 'session' });
    clock.nowMs += 7;
    expect(codeOf(() => check({ cookie: busy }))).toBe('unauthenticated');
  });

  it('is refused from the moment it is revoked', () => {
    const { access, check, enter, codeOf } = setUp();
    const { secret } = enter();
    const { sessionId } = check({ cookie: secret });
    expect(access.revoke(sessionId!)).toBe(true);
    expect(codeOf(() => check({ cookie: secret }))).toBe('unauthenticated');
    expect(access.revoke(sessionId!)).toBe(false);
  });

  it('makes room for the seventeenth where it was used longest ago', () => {
    const { clock, check, enter, codeOf } = setUp();
    const secrets = Array.from({ length: 16 }, () => {
      clock.nowMs++;
      return enter().secret;
    });
    clock.nowMs++;
    check({ cookie: secrets[0]! });
    clock.nowMs++;
    enter();
    expect(check({ cookie: secrets[0]! })).toMatchObject({ by: 'session' });
    expect(codeOf(() => check({ cookie: secrets[1]! }))).toBe('unauthenticated');
  });

  it('outlives the host, of which only hashes are kept', () => {
    const { kept, enter } = setUp();
    const { secret, csrfToken } = enter();
    expect(JSON.stringify(kept)).not.toContain(secret);
    expect(JSON.stringify(kept)).not.toContain(csrfToken);
    const next = setUp(kept.at(-1)!);
    expect(next.check({ method: 'POST', cookie: secret, csrf: csrfToken })).toMatchObject({ by: 'session' });
  });
});

describe('the lock-out', () => {
  it('answers the twenty-first wrong try of a minute with the time to wait, and others as before', () => {
    const { access, clock, check, codeOf } = setUp();
    const wrong = (address: string): unknown => codeOf(() => check({ address, authorization: 'Bearer wrong' }));
    for (let count = 0; count < 20; count++) expect(wrong('10.0.0.1')).toBe('unauthenticated');
    clock.nowMs += 20_500;
    expect(() => check({ address: '10.0.0.1', authorization: 'Bearer wrong' })).toThrow(
      expect.objectContaining({ code: 'locked-out', retryAfterSeconds: 40 }) as Error,
    );
    expect(wrong('10.0.0.2')).toBe('unauthenticated');
    const right = `Bearer ${access.token}`;
    expect(check({ address: '10.0.0.2', authorization: right })).toMatchObject({ by: 'token' });
    expect(check({ address: '10.0.0.1', authorization: right })).toMatchObject({ by: 'token' });
    clock.nowMs += 39_500;
    expect(wrong('10.0.0.1')).toBe('unauthenticated');
  });

  it('counts wrong links and ended sessions too, and not requests without anything', () => {
    const { access, check, codeOf } = setUp();
    for (let count = 0; count < 10; count++) {
      codeOf(() => access.openSession('wrong', 'a'));
      codeOf(() => check({ address: 'a', cookie: 'wrong' }));
      codeOf(() => check({ address: 'a' }));
    }
    expect(codeOf(() => check({ address: 'a' }))).toBe('unauthenticated');
    expect(codeOf(() => access.openSession('wrong', 'a'))).toBe('locked-out');
  });

  it('is told once a minute, as is each browser that is let in, without anything that opens a door', () => {
    const told: string[] = [];
    const access = new AdminAccess({ onEvent: (event) => void told.push(JSON.stringify(event)) });
    const code = access.makeCode(hour);
    const { secret, csrfToken } = access.openSession(code, 'a');
    for (let count = 0; count < 50; count++) expect(() => access.openSession('wrong-secret', 'b')).toThrow();
    expect(told).toHaveLength(2);
    for (const each of [code, secret, csrfToken, 'wrong-secret', access.token])
      expect(told.join('')).not.toContain(each);
    const { check, clock, codeOf, events } = setUp();
    const wrong = (): unknown => codeOf(() => check({ address: 'b', authorization: 'Bearer wrong' }));
    for (let count = 0; count < 30; count++) wrong();
    clock.nowMs += 60_000;
    for (let count = 0; count < 30; count++) wrong();
    expect(events).toEqual(['attention', 'attention']);
  });
});
