import { expect, test } from 'vitest';
import type { TryVerdict } from '../../server/balancer/health.ts';
import { MaxFailsHealth } from '../../server/balancer/max-fails-health.ts';
import vectors from '../fixtures/balancing-vectors.json' with { type: 'json' };

function run(health: MaxFailsHealth, verdict: TryVerdict, nowMs: number, mayEject = true): void {
  health.end(health.begin(nowMs), verdict, nowMs, mayEject);
}

const [, answers404, answers500] = vectors.passive_failure;

test('a 404 that is retried elsewhere does not put the peer out', () => {
  const health = new MaxFailsHealth(answers404!.max_fails);
  run(health, 'no-verdict', 0);
  expect(health.mayReceive(0)).toBe(answers404!.peer1_stays_in);
});

test('a 500 that is retried elsewhere puts the peer out for fail_timeout', () => {
  const health = new MaxFailsHealth(answers500!.max_fails);
  const outMs = answers500!.peer1_out_for_s! * 1_000;
  run(health, 'runtime-error', 0);
  expect(health.state(outMs)).toBe('open');
  expect(health.state(outMs + 1)).toBe('half-open');
});

test('after fail_timeout one request is the probe: others wait for it, and its success clears the count', () => {
  const health = new MaxFailsHealth(1, 10_000);
  run(health, 'timeout', 0);
  const probe = health.begin(10_001);
  expect(health.mayReceive(10_001)).toBe(false);
  health.end(probe, 'success', 10_050, true);
  expect(health.state(10_050)).toBe('closed');
});

test('a failed probe puts it out for another fail_timeout', () => {
  const health = new MaxFailsHealth(1, 10_000);
  run(health, 'unreachable', 0);
  run(health, 'unreachable', 10_001);
  expect(health.state(20_001)).toBe('open');
  expect(health.state(20_002)).toBe('half-open');
});

test('successes in between do not clear the count within fail_timeout', () => {
  const health = new MaxFailsHealth(2, 10_000);
  run(health, 'unreachable', 0);
  run(health, 'success', 5_000);
  run(health, 'unreachable', 9_000);
  expect(health.state(9_000)).toBe('open');
});

test('failures further apart than fail_timeout do not add up when a request succeeded between them', () => {
  const health = new MaxFailsHealth(2, 10_000);
  run(health, 'unreachable', 0);
  run(health, 'success', 10_001);
  run(health, 'unreachable', 11_000);
  expect(health.state(11_000)).toBe('closed');
});

test('never takes out a lone upstream, nor any with max_fails 0', () => {
  const lone = new MaxFailsHealth(1);
  const unlimited = new MaxFailsHealth(0);
  for (let i = 0; i < 5; i++) {
    run(lone, 'unreachable', i, false);
    run(unlimited, 'unreachable', i);
  }
  expect(lone.mayReceive(5)).toBe(true);
  expect(unlimited.mayReceive(5)).toBe(true);
});

test('has no ramp, no cap and no active checks', () => {
  const health = new MaxFailsHealth();
  health.onCheck();
  expect(health.state(0)).toBe('closed');
  expect(health.weightFactor()).toBe(1);
  expect(health.concurrencyCap()).toBe(Infinity);
});
