import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSwap } from '../../server/host/swap-plan.ts';

const facts = {
  roomBytes: 1000,
  newReplicas: 2,
  newReplicaBytes: 100,
  oldReplicas: 2,
  oldReplicaBytes: 100,
  budgetBytes: 1000,
};

describe('planSwap', () => {
  it('loads the new version beside the old one where both fit', () => {
    expect(planSwap({ ...facts, roomBytes: 200 })).toEqual({ mode: 'surge' });
  });

  it('keeps as many old replicas answering as leave room for one new', () => {
    expect(planSwap({ ...facts, roomBytes: 199 })).toEqual({ mode: 'rolling', keepOld: 2, startNew: 1 });
    expect(planSwap({ ...facts, roomBytes: 99 })).toEqual({ mode: 'rolling', keepOld: 1, startNew: 1 });
  });

  it('pauses where only one of the two fits', () => {
    expect(planSwap({ ...facts, roomBytes: 0, oldReplicas: 1 })).toEqual({ mode: 'pause', startNew: 1 });
  });

  it('says that it cannot be done where the new one does not fit alone', () => {
    expect(planSwap({ ...facts, roomBytes: 0, oldReplicas: 1, newReplicaBytes: 101 })).toEqual({ mode: 'impossible' });
    expect(planSwap({ ...facts, roomBytes: 0, oldReplicas: 0 })).toEqual({ mode: 'impossible' });
  });

  it('never plans more memory than there is', () => {
    const size = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(
        fc.nat(2000),
        fc.integer({ min: 1, max: 6 }),
        size,
        fc.nat(6),
        size,
        (roomBytes, newReplicas, newReplicaBytes, oldReplicas, oldReplicaBytes) => {
          const plan = planSwap({
            roomBytes,
            newReplicas,
            newReplicaBytes,
            oldReplicas,
            oldReplicaBytes,
            budgetBytes: 10_000,
          });
          if (plan.mode === 'impossible') return;
          const keepOld = plan.mode === 'surge' ? oldReplicas : plan.mode === 'rolling' ? plan.keepOld : 0;
          const startNew = plan.mode === 'surge' ? newReplicas : plan.startNew;
          expect(startNew * newReplicaBytes).toBeLessThanOrEqual(roomBytes + (oldReplicas - keepOld) * oldReplicaBytes);
          expect(startNew).toBeGreaterThanOrEqual(1);
          expect(startNew).toBeLessThanOrEqual(newReplicas);
          if (plan.mode === 'rolling') expect(keepOld).toBeGreaterThanOrEqual(1);
        },
      ),
    );
  });
});
