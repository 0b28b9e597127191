import { describe, expect, it } from 'vitest';
import { scalingCommand } from '../../../../renderer/places/model/scaling-command.ts';

describe('the command of a scaling order', () => {
  it.each([
    [{ mode: 'manual', replicas: 3 }, '--replicas 3'],
    [{ mode: 'auto', min: 0, max: 4 }, '--auto --min 0 --max 4'],
    [{ mode: 'paused' }, '--pause'],
    [{ mode: 'settings' }, '--reset'],
  ] as const)('for %j ends with %s', (order, end) => {
    expect(scalingCommand('iris', order)).toBe(`npx millrace scale set iris ${end}`);
  });
});
