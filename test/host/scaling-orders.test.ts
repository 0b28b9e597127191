import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { orderAfter } from '../../server/host/scaling-controls.ts';
import { ScalingOrders } from '../../server/host/scaling-orders.ts';

describe('orders about scaling', () => {
  let folder: string;
  let path: string;
  let troubles: string[];
  const open = () => new ScalingOrders(path, (message) => troubles.push(message));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'orders-'));
    path = join(folder, 'below', 'orders.json');
    troubles = [];
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('hold over a restart until the settings are ordered, and then leave no file', () => {
    open().set('iris', { mode: 'manual', replicas: 3 });
    open().set('digits', { mode: 'auto', max: 4 });
    const later = open();
    expect(later.of('iris')).toEqual({ mode: 'manual', replicas: 3 });
    expect(later.of('digits')).toEqual({ mode: 'auto', max: 4 });
    later.set('iris', { mode: 'settings' });
    later.set('digits', { mode: 'settings' });
    expect(later.of('iris')).toBeUndefined();
    expect(existsSync(path)).toBe(false);
    expect(troubles).toEqual([]);
  });

  it('that nobody can have given are left out, the others hold', () => {
    mkdirSync(join(folder, 'below'));
    const orders = {
      good: { mode: 'paused' },
      noMode: { replicas: 3 },
      noNumber: { mode: 'manual' },
      tooMany: { mode: 'manual', replicas: 1000 },
      crossed: { mode: 'auto', min: 5, max: 2 },
      nothing: null,
    };
    writeFileSync(path, JSON.stringify({ version: 1, orders }));
    const read = open();
    expect(Object.keys(orders).filter((model) => read.of(model) !== undefined)).toEqual(['good']);
  });

  it('in a file that cannot be read are said and do not stop the host', () => {
    mkdirSync(join(folder, 'below'));
    writeFileSync(path, 'not json');
    expect(open().of('iris')).toBeUndefined();
    expect(troubles).toEqual(['Orders about scaling cannot be read; the settings hold.']);
  });

  it('that cannot be written hold all the same, and it is said', () => {
    writeFileSync(join(folder, 'below'), 'a file where the folder should be');
    const orders = new ScalingOrders(path, (message) => troubles.push(message));
    orders.set('iris', { mode: 'paused' });
    expect(orders.of('iris')).toEqual({ mode: 'paused' });
    expect(troubles.at(-1)).toContain('holds until this host stops');
    expect(readFileSync(join(folder, 'below'), 'utf8')).toContain('a file');
  });
});

describe('an order after an order', () => {
  const written = { min: 1, max: 8 };
  const after = (before: Parameters<typeof orderAfter>[0], body: Parameters<typeof orderAfter>[1]) =>
    orderAfter(before, body, written, 'iris');

  it('keeps bounds that it does not name', () => {
    expect(after({ mode: 'auto', max: 4 }, { mode: 'paused' })).toEqual({ mode: 'paused', max: 4 });
    expect(after({ mode: 'manual', replicas: 2 }, { max: 4 })).toEqual({ mode: 'manual', replicas: 2, max: 4 });
  });

  it('forgets all when the settings are to hold again', () => {
    expect(after({ mode: 'manual', replicas: 2, min: 2, max: 4 }, { mode: 'settings' })).toEqual({ mode: 'settings' });
  });

  it('forgets the number when the autoscaler is to decide', () => {
    expect(after({ mode: 'manual', replicas: 2 }, { mode: 'auto' })).toEqual({ mode: 'auto' });
  });

  it('is refused where the minimum would be above the maximum, also above the written one', () => {
    expect(() => after(undefined, { min: 9 })).toThrow('The minimum of iris would be 9 and its maximum 8.');
    expect(() => after({ mode: 'auto', min: 5 }, { max: 3 })).toThrow('would be 5 and its maximum 3');
    expect(() => after(undefined, { min: 0, max: 0 })).toThrow('without a copy');
  });
});
