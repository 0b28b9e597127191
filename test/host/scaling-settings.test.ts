import { describe, expect, it } from 'vitest';
import { ScalingBook, usableCores } from '../../server/host/scaling-book.ts';
import { parseScaling } from '../../server/host/scaling-settings.ts';
import type { WrittenScaling } from '../../server/host/scaling-settings.ts';
import { parseManifest } from '../../server/models/manifest.ts';
import type { NewHostEvent } from '../../server/protocol/admin/host-event.ts';

const parse = (manifest: WrittenScaling['manifest'], defaults: Partial<WrittenScaling['defaults']> = {}) =>
  parseScaling({ defaults: { scaling: {}, ...defaults }, manifest, where: 'm/millrace.json' });

describe('how a model is scaled', () => {
  it('is the preset edge where nothing is written', () => {
    const { policy, fixed, priority, warmSpare } = parse({});
    expect([policy.preset, policy.min, policy.max, fixed, priority, warmSpare]).toEqual([
      'edge',
      1,
      64,
      undefined,
      0,
      false,
    ]);
  });

  it('is a fixed number where one is written, the model’s before the host’s', () => {
    expect(parse({ replicas: 3 }, { replicas: 2 }).fixed).toBe(3);
    expect(parse({}, { replicas: 2 }).fixed).toBe(2);
    // Bounds of its own say that a model is not to be fixed by the host's number.
    expect(parse({ scaling: { max: 4 } }, { replicas: 2 }).fixed).toBeUndefined();
    expect(parse({ scaling: { tickMs: 500 } }, { replicas: 2 }).fixed).toBe(2);
  });

  it('goes field by field over the host’s defaults, in sections as well', () => {
    const { policy } = parse(
      { scaling: { max: 4, ceilings: { memory: false } } },
      { scaling: { min: 2, max: 8, ceilings: { reservedCores: 0 }, metrics: { errorRate: { above: 5 } } } },
    );
    expect([policy.min, policy.max]).toEqual([2, 4]);
    expect(policy.ceilings).toMatchObject({ reservedCores: 0, memory: false, cpu: true });
    expect(Object.keys(policy.metrics)).toEqual(['errorRate']);
  });

  it.each([
    [{ scaling: { maxx: 3 } }, /m\/millrace\.json: scaling cannot be used:.*unknown field "maxx"; did you mean "max"/],
    [{ scaling: { priority: 1.5 } }, /scaling\.priority must be a whole number/],
    [{ scaling: { warmSpare: 'yes' } }, /scaling\.warmSpare must be true or false/],
    [{ replicas: 2, scaling: { max: 3 } }, /"replicas", which fixes the number, and "scaling\.min" or "scaling\.max"/],
    [{ scaling: { min: 5, max: 2 } }, /min must not be higher than max/],
  ])('refuses %o', (manifest, message) => {
    expect(() => parse(manifest)).toThrow(message);
  });
});

describe('the book of settings', () => {
  const manifestOf = (raw: object) => parseManifest(raw, 'm/millrace.json');

  it('runs a model with wrong settings as one copy, and says so once', () => {
    const events: NewHostEvent[] = [];
    const book = new ScalingBook({ scaling: {} }, (event) => events.push(event));
    const manifest = manifestOf({ scaling: { tickMs: 'often' } });
    expect(book.of('m', manifest).fixed).toBe(1);
    expect(book.of('m', manifest).fixed).toBe(1);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      kind: 'settings',
      severity: 'failure',
      model: 'm',
      sentence: expect.stringMatching(/tickMs.*Until then m runs with one copy\.$/),
    });
  });

  it('refuses wrong defaults of the host', () => {
    expect(() => new ScalingBook({ scaling: { preset: 'cloud' } }, () => {})).toThrow(
      /defaults: scaling cannot be used/,
    );
  });

  it('leaves the cores that are reserved, where cores are a ceiling', () => {
    const book = new ScalingBook({ scaling: {} }, () => {});
    const usable = (ceilings: object, cores: number) =>
      usableCores(book.of('m', manifestOf({ scaling: { ceilings } })), cores);
    expect([
      usable({}, 4),
      usable({ reservedCores: 2 }, 4),
      usable({ reservedCores: 9 }, 4),
      usable({ cpu: false }, 4),
    ]).toEqual([3, 2, 0, 4]);
  });
});
