import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../server/autoscaler/policy.ts';
import { autoscalerSpec } from '../../server/export/horizontal-autoscaler.ts';
import { adapterValues } from '../../server/export/prometheus-adapter.ts';
import { schemaFaults } from '../support/kubernetes-schemas.ts';

const usual = { min: undefined, max: undefined, customMetrics: false };
const made = (policy: object, wishes: Partial<typeof usual> | { min: number } | { max: number } = {}) =>
  autoscalerSpec(parsePolicy(policy, 'The test'), { ...usual, ...wishes });

describe('the preset kubernetes', () => {
  it('comes out as the settings that it was made of', () => {
    expect(made({ preset: 'kubernetes' }).spec).toEqual({
      minReplicas: 3,
      maxReplicas: 50,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      ],
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
          policies: [
            { type: 'Pods', value: 4, periodSeconds: 15 },
            { type: 'Percent', value: 100, periodSeconds: 15 },
          ],
        },
        scaleDown: {
          stabilizationWindowSeconds: 300,
          selectPolicy: 'Max',
          policies: [{ type: 'Percent', value: 10, periodSeconds: 60 }],
        },
      },
    });
  });

  it('says of each of its metrics that an HPA has no word for why it is not there', () => {
    const { notes } = made({ preset: 'kubernetes' });
    for (const [metric, why] of [
      ['latencyP99', 'proportion'],
      ['errorRate', 'one step'],
      ['memory', 'ceiling'],
      ['queuePerReplica', '--custom-metrics'],
    ]) {
      expect(notes.filter((note) => note.includes(metric!))).toEqual([expect.stringContaining(why!)]);
    }
    expect(notes.filter((note) => note.includes('waits'))).toEqual([
      expect.stringContaining('The CPU rule waits 120 s before it grows and 600 s before it shrinks'),
    ]);
    expect(made({ metrics: { cpu: { target: 50 } } }).notes).toEqual([]);
  });

  it('scales on the queue as well where a cluster has an adapter, by a metric that the adapter is told to make', () => {
    const { spec, notes } = made({ preset: 'kubernetes' }, { customMetrics: true });
    expect(spec.metrics[1]).toEqual({
      type: 'Pods',
      pods: { metric: { name: 'millrace_queued_requests' }, target: { type: 'AverageValue', averageValue: '10' } },
    });
    expect(notes.join()).not.toContain('queuePerReplica');
    expect(JSON.stringify(adapterValues())).toContain('"as":"millrace_queued_requests"');
  });
});

describe('a policy of the user', () => {
  it('keeps its bounds, and the command line is stronger', () => {
    expect(made({ preset: 'kubernetes', min: 2, max: 6 }).spec).toMatchObject({ minReplicas: 2, maxReplicas: 6 });
    expect(made({ min: 2, max: 6 }, { min: 4, max: 5 }).spec).toMatchObject({ minReplicas: 4, maxReplicas: 5 });
    expect(made({ min: 2, max: 6 }, { min: 9 }).spec).toMatchObject({ minReplicas: 9, maxReplicas: 9 });
  });

  it('with a minimum of zero gets one pod, and hears why', () => {
    const { spec, notes } = made({ min: 0 });
    expect(spec.minReplicas).toBe(1);
    expect(notes).toContainEqual(expect.stringContaining('"min": 0 became one pod'));
  });

  it('without a target for the CPU gets 70 %, and hears so', () => {
    const { spec, notes } = made({ metrics: { requestRate: { target: 0.5 } } }, { customMetrics: true });
    expect(spec.metrics).toEqual([
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      {
        type: 'Pods',
        pods: {
          metric: { name: 'millrace_requests_per_second' },
          target: { type: 'AverageValue', averageValue: '500m' },
        },
      },
    ]);
    expect(notes).toContainEqual(expect.stringContaining('no target for the CPU'));
  });

  it('takes over a direction that is switched off, and never an empty list of policies', () => {
    const { spec, notes } = made({
      up: { select: 'min', policies: [{ type: 'pods', value: 2, periodMs: 1500 }], windowMs: 1 },
      down: { select: 'disabled', policies: [] },
    });
    expect(spec.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 1,
        selectPolicy: 'Min',
        policies: [{ type: 'Pods', value: 2, periodSeconds: 2 }],
      },
      scaleDown: { stabilizationWindowSeconds: 300, selectPolicy: 'Disabled' },
    });
    expect(notes.join()).not.toContain('rate limit');
    expect(made({ up: { policies: [{ type: 'percent', value: 0, periodMs: 1000 }] } }).notes).toEqual(
      expect.arrayContaining([
        expect.stringContaining('allows no change'),
        expect.stringContaining('"up" has no rate limit'),
      ]),
    );
  });

  it('says that a tolerance stays behind', () => {
    expect(made({ tolerance: { up: 0.2, down: 0.1 } }).notes.join()).toContain('"tolerance"');
    expect(made({}).notes.join()).not.toContain('tolerance');
  });

  it('is always one that a cluster takes, whatever it is', () => {
    const ratePolicies = fc.array(
      fc.record({
        type: fc.constantFrom('pods', 'percent'),
        value: fc.integer({ min: 0, max: 1000 }),
        periodMs: fc.integer({ min: 1, max: 1_800_000 }),
      }),
      { maxLength: 3 },
    );
    const direction = fc.record({
      windowMs: fc.integer({ min: 0, max: 3_600_000 }),
      select: fc.constantFrom('max', 'min', 'disabled'),
      policies: ratePolicies,
    });
    fc.assert(
      fc.property(
        direction,
        direction,
        fc.integer({ min: 0, max: 1000 }),
        fc.integer({ min: 1, max: 1000 }),
        (up, down, first, second) => {
          const policy = { preset: 'kubernetes', up, down, min: Math.min(first, second), max: Math.max(first, second) };
          const { spec } = made(policy, { customMetrics: true });
          const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'm' };
          const object = {
            apiVersion: 'autoscaling/v2',
            kind: 'HorizontalPodAutoscaler',
            metadata: { name: 'm' },
            spec: { scaleTargetRef, ...spec },
          };
          expect(schemaFaults(object)).toEqual([]);
          // What no schema says: the rules of the API server.
          expect(spec.minReplicas).toBeGreaterThanOrEqual(1);
          expect(spec.maxReplicas).toBeGreaterThanOrEqual(spec.minReplicas);
          for (const side of Object.values(spec.behavior) as {
            policies?: { value: number; periodSeconds: number }[];
            stabilizationWindowSeconds: number;
          }[]) {
            expect(side.policies?.length).not.toBe(0);
            expect(side.stabilizationWindowSeconds).toBeLessThanOrEqual(3600);
            for (const { value, periodSeconds } of side.policies ?? []) {
              expect(value).toBeGreaterThan(0);
              expect(periodSeconds).toBeGreaterThan(0);
              expect(periodSeconds).toBeLessThanOrEqual(1800);
            }
          }
        },
      ),
    );
  });
});
