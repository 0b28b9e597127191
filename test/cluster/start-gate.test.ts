import { describe, expect, it } from 'vitest';
import { StartGate } from '../../server/cluster/start-gate.ts';

describe('the start gate', () => {
  it('lets two start at a time, the others in their order', () => {
    const gate = new StartGate(2);
    const started: number[] = [];
    const leaves: (() => void)[] = [];
    for (let id = 0; id < 5; id++) {
      gate.enter((leave) => {
        started.push(id);
        leaves.push(leave);
      });
    }
    expect(started).toEqual([0, 1]);
    leaves[1]!();
    expect(started).toEqual([0, 1, 2]);
    leaves[0]!();
    leaves[2]!();
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('counts one start once, though it is said to have ended twice', () => {
    const gate = new StartGate(1);
    const started: number[] = [];
    let leaveFirst: (() => void) | undefined;
    gate.enter((leave) => (leaveFirst = leave));
    for (let id = 0; id < 3; id++) gate.enter(() => started.push(id));
    leaveFirst!();
    leaveFirst!();
    expect(started).toEqual([0]);
  });
});
