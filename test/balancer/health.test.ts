import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CheckCount, CircuitHealth, type TryVerdict } from '../../server/balancer/health.ts';

/** `random` of 0.5 is no jitter. */
const circuit = (random = 0.5) => new CircuitHealth(() => random);

/** One request that begins and ends at `nowMs`. */
function run(health: CircuitHealth, verdict: TryVerdict, nowMs: number, mayEject = true): void {
  health.end(health.begin(nowMs), verdict, nowMs, mayEject);
}

function runMany(health: CircuitHealth, verdicts: readonly TryVerdict[], nowMs: number): void {
  for (const verdict of verdicts) run(health, verdict, nowMs);
}

const times = (count: number, verdict: TryVerdict): TryVerdict[] => Array.from({ length: count }, () => verdict);

test('five errors at 0 open it for 1 s, a failed probe for 2 s, two good ones close it at 3 s and it ramps', () => {
  const health = circuit();
  runMany(health, times(4, 'runtime-error'), 0);
  expect(health.state(0)).toBe('closed');
  run(health, 'runtime-error', 0);
  expect(health.state(999)).toBe('open');
  expect(health.state(1_000)).toBe('half-open');
  run(health, 'runtime-error', 1_000);
  expect(health.state(2_999)).toBe('open');
  expect(health.state(3_000)).toBe('half-open');
  run(health, 'success', 3_000);
  expect(health.state(3_000)).toBe('half-open');
  run(health, 'success', 3_010);
  expect(health.state(3_010)).toBe('closed');
  expect(health.weightFactor(3_010, 2)).toBe(0.1);
  expect(health.weightFactor(3_010 + 2_500, 2)).toBe(0.5);
  expect(health.weightFactor(3_010 + 5_000, 2)).toBe(1);
});

/** A success and an error, `pairs` times. */
const inTurn = (pairs: number) => times(pairs, 'success').flatMap((one) => [one, 'runtime-error'] as const);

/** Opened at 0; half-open from 1 s on. */
function halfOpenAt1s(): CircuitHealth {
  const health = circuit();
  run(health, 'unreachable', 0);
  return health;
}

function closedAt1s(): CircuitHealth {
  const health = halfOpenAt1s();
  runMany(health, ['success', 'success'], 1_000);
  return health;
}

describe('what opens it', () => {
  test.each<[string, readonly TryVerdict[], boolean]>([
    ['one refusal', ['unreachable'], true],
    ['five consecutive runtime errors', times(5, 'runtime-error'), true],
    ['four, a success and four', [...times(4, 'runtime-error'), 'success', ...times(4, 'runtime-error')], false],
    ['three consecutive timeouts', times(3, 'timeout'), true],
    ['two, a success and two timeouts', ['timeout', 'timeout', 'success', 'timeout', 'timeout'], false],
    ['a hundred failures that are not its fault', times(100, 'no-verdict'), false],
    ['half of 20 being errors, in turn', inTurn(10), true],
    ['half of 18 being errors', inTurn(9), false],
    ['9 errors of 20', [...times(2, 'success'), ...inTurn(9)], false],
  ])('%s: %j → %s', (_name, verdicts, opens) => {
    const health = circuit();
    runMany(health, verdicts, 0);
    expect(health.state(0)).toBe(opens ? 'open' : 'closed');
  });

  test('not errors that are older than 30 s', () => {
    const health = circuit();
    runMany(health, inTurn(9), 0);
    runMany(health, inTurn(1), 31_000);
    expect(health.state(31_000)).toBe('closed');
  });

  test('not while the set cannot spare it, but at the next failure after that', () => {
    const health = circuit();
    run(health, 'unreachable', 0, false);
    for (let i = 0; i < 7; i++) run(health, 'runtime-error', 0, false);
    expect(health.state(0)).toBe('closed');
    run(health, 'runtime-error', 0, true);
    expect(health.state(0)).toBe('open');
  });
});

/** Opens it at `nowMs` and returns for how long. */
function ejectionMs(health: CircuitHealth, nowMs: number): number {
  run(health, 'unreachable', nowMs);
  let [lowMs, highMs] = [0, 100_000];
  while (highMs - lowMs > 1) {
    const middleMs = Math.floor((lowMs + highMs) / 2);
    if (health.state(nowMs + middleMs) === 'open') lowMs = middleMs;
    else highMs = middleMs;
  }
  return highMs;
}

/** Opened three times, closed again, and opened once more after `closedMs`: for how long? */
function fourthEjectionMs(closedMs: number): number {
  const health = circuit();
  let nowMs = 0;
  for (let i = 0; i < 3; i++) nowMs += ejectionMs(health, nowMs);
  runMany(health, ['success', 'success'], nowMs);
  return ejectionMs(health, nowMs + closedMs);
}

describe('how long it stays open', () => {
  test('doubles from 1 s to at most 30 s', () => {
    const health = circuit();
    let nowMs = 0;
    const seen = Array.from({ length: 7 }, () => {
      const lasted = ejectionMs(health, nowMs);
      nowMs += lasted;
      return lasted;
    });
    expect(seen).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test('varies by a fifth either way', () => {
    expect(ejectionMs(circuit(0), 0)).toBe(800);
    expect(ejectionMs(circuit(0.999_999), 0)).toBe(1_200);
  });

  test('takes one doubling back per minute spent closed', () => {
    expect(fourthEjectionMs(0)).toBe(8_000);
    expect(fourthEjectionMs(59_999)).toBe(8_000);
    expect(fourthEjectionMs(60_000)).toBe(4_000);
    expect(fourthEjectionMs(10 * 60_000)).toBe(1_000);
  });
});

describe('half-open', () => {
  test('lets exactly one request through at a time', () => {
    const health = halfOpenAt1s();
    expect(health.mayReceive(1_000)).toBe(true);
    const probe = health.begin(1_000);
    expect(health.mayReceive(1_000)).toBe(false);
    health.end(probe, 'success', 1_100, true);
    expect(health.mayReceive(1_100)).toBe(true);
  });

  test('hands the probe to the next request if the first says nothing', () => {
    const health = halfOpenAt1s();
    run(health, 'no-verdict', 1_000);
    expect(health.state(1_000)).toBe('half-open');
    expect(health.mayReceive(1_000)).toBe(true);
  });

  test('ignores requests that began before it opened, and those sent to it in a panic', () => {
    const health = circuit();
    const early = health.begin(0);
    run(health, 'unreachable', 0);
    const inPanic = health.begin(500);
    const probe = health.begin(1_000);
    for (const ticket of [early, inPanic]) {
      health.end(ticket, 'success', 1_000, true);
      health.end(ticket, 'unreachable', 1_000, true);
    }
    expect(health.state(1_000)).toBe('half-open');
    expect(health.mayReceive(1_000)).toBe(false);
    health.end(probe, 'success', 1_000, true);
    run(health, 'success', 1_000);
    expect(health.state(1_000)).toBe('closed');
  });

  test('never has more than one counted request out, whatever happens', () => {
    const step = fc.record({
      stepMs: fc.nat(3_000),
      verdict: fc.constantFrom<TryVerdict>('success', 'unreachable', 'runtime-error', 'timeout', 'no-verdict'),
      ends: fc.boolean(),
      which: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const health = circuit();
        const out: { ticket: number; probe: boolean }[] = [];
        let nowMs = 0;
        for (const { stepMs, verdict, ends, which } of steps) {
          nowMs += stepMs;
          if (ends && out.length > 0) {
            const [ended] = out.splice(which % out.length, 1);
            health.end(ended!.ticket, verdict, nowMs, true);
          } else if (health.mayReceive(nowMs)) {
            out.push({ ticket: health.begin(nowMs), probe: health.state(nowMs) === 'half-open' });
          }
          expect(out.filter(({ probe }) => probe).length).toBeLessThanOrEqual(1);
          if (health.state(nowMs) === 'open') expect(health.mayReceive(nowMs)).toBe(false);
          if (health.state(nowMs) === 'closed') expect(health.mayReceive(nowMs)).toBe(true);
        }
      }),
    );
  });
});

describe('slow start', () => {
  test('takes one request at a time until three have been answered', () => {
    const health = closedAt1s();
    for (let answered = 0; answered < 3; answered++) {
      expect(health.concurrencyCap(2)).toBe(1);
      run(health, 'success', 1_000);
    }
    expect(health.concurrencyCap(2)).toBe(Infinity);
  });

  test('is skipped when fewer than two established others could carry the load', () => {
    const health = closedAt1s();
    expect(health.weightFactor(1_000, 1)).toBe(1);
    expect(health.concurrencyCap(1)).toBe(Infinity);
  });

  test('does not happen at first start, nor to one because another ramps', () => {
    const fresh = circuit();
    closedAt1s();
    expect(fresh.weightFactor(0, 5)).toBe(1);
    expect(fresh.concurrencyCap(5)).toBe(Infinity);
  });
});

describe('active checks', () => {
  test('three misses on end are down, two passes on end are up again', () => {
    const checks = new CheckCount();
    const seen = [...'mmpmmmpmpp'].map((check) => {
      checks.record(check === 'p');
      return checks.isUp ? 'U' : 'D';
    });
    expect(seen.join('')).toBe('UUUUUDDDDU');
  });

  test('open the circuit and hold it open, however long, until they pass', () => {
    const health = circuit();
    for (let i = 0; i < 3; i++) health.onCheck(false, 0, true);
    expect(health.state(0)).toBe('open');
    expect(health.state(60_000)).toBe('open');
    expect(health.mayReceive(60_000)).toBe(false);
    health.onCheck(true, 60_000, true);
    expect(health.state(60_000)).toBe('open');
    health.onCheck(true, 60_000, true);
    expect(health.state(60_000)).toBe('half-open');
  });

  test('wait for the set to spare it', () => {
    const health = circuit();
    for (let i = 0; i < 5; i++) health.onCheck(false, 0, false);
    expect(health.state(0)).toBe('closed');
    health.onCheck(false, 0, true);
    expect(health.state(0)).toBe('open');
  });
});
