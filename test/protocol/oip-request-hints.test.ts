import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInferRequest, scanRequestParameters } from '../../server/protocol/oip-request.ts';
import { body, facts, spec } from './facts.ts';

const IRIS = facts([spec('features', 'FP32', [-1, 4])]);
const INPUT = { name: 'features', shape: [1, 4], datatype: 'FP32', data: [5.1, 3.5, 1.4, 0.2] };

describe('scanRequestParameters', () => {
  it.each([
    [
      { parameters: { timeout: 5000, priority: 2 }, inputs: [INPUT] },
      { timeoutMicros: 5000, priority: 2 },
    ],
    [{ id: 'x', inputs: [INPUT], parameters: { timeout: 0 } }, { timeoutMicros: 0 }],
    [{ inputs: [INPUT], parameters: { priority: 1 } }, { priority: 1 }],
    [{ inputs: [{ ...INPUT, parameters: { timeout: 1 } }] }, {}],
    [{ inputs: [{ parameters: { timeout: 1 } }], parameters: { priority: 3 } }, { priority: 3 }],
    [{ timeout: 5, inputs: [INPUT] }, {}],
    [{ id: '"timeout"', inputs: [INPUT] }, {}],
    [{ parameters: { timeout: -1, priority: 1 } }, {}],
    [{ parameters: { timeout: '5' } }, {}],
    [{ parameters: ['timeout'] }, {}],
    [{ parameters: 'timeout' }, {}],
    ['{"parameters":{"timeout":5,"timeout":6}}', {}],
    ['{"parameters":{"timeout":5', {}],
    ['{"parameters":{"timeout":5}} and more', { timeoutMicros: 5 }],
    ['"timeout"', {}],
    ['', {}],
  ])('finds in %j %j', (document, hints) => {
    expect(scanRequestParameters(body(document))).toEqual(hints);
  });

  it('agrees with the whole parse wherever that succeeds', () => {
    const parameters = fc.record({ timeout: fc.nat(), priority: fc.nat(), other: fc.string() }, { requiredKeys: [] });
    fc.assert(
      fc.property(parameters, fc.string(), fc.boolean(), (sent, id, first) => {
        const document = first ? { parameters: sent, id, inputs: [INPUT] } : { id, inputs: [INPUT], parameters: sent };
        const { timeout, priority } = parseInferRequest(body(document), undefined, IRIS).parameters;
        const hints = scanRequestParameters(body(document));
        expect([hints.timeoutMicros, hints.priority]).toEqual([timeout, priority]);
      }),
    );
  });

  it('never throws', () => {
    const parts = fc.constantFrom('{', '}', '[', ']', ',', ':', '"timeout"', '"parameters"', '"', '\\', '1', '\xff');
    fc.assert(
      fc.property(fc.array(parts), (text) => {
        scanRequestParameters(Buffer.from(`{"timeout"${text.join('')}`, 'latin1'));
      }),
    );
  });
});
