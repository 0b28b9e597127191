import { expect, it } from 'vitest';
import type { Answer, CallRequest } from '../../server/balancer/call.ts';
import { MillraceError } from '../../server/base/errors.ts';
import type { SavedAnswer } from '../../server/cache/prediction-cache.ts';
import { CachedModel } from '../../server/host/cached-model.ts';
import { ModelStatistics } from '../../server/metrics/model-statistics.ts';

it('is not quiet while a request still looks for a saved answer: it may yet want to be run', async () => {
  const looks: ((saved: SavedAnswer | undefined) => void)[] = [];
  const runs: ((error: MillraceError) => void)[] = [];
  const tensor = { name: 'x', datatype: 'FP32', shape: [-1, 1] };
  const model = new CachedModel({
    name: 'm',
    settings: { isEnabled: true, ttlSeconds: 60, hasRemotes: false, allowsRemotes: false },
    store: {
      cache: {
        isUsable: true,
        look: (_model: string, _key: string, _nowMs: number, onFound: (typeof looks)[number]) => looks.push(onFound),
      },
      recent: { find: () => undefined, add: () => {}, remove: () => {} },
    } as never,
    statistics: () => new ModelStatistics(),
    facts: () =>
      ({ name: 'm', version: '1', signature: { inputs: [tensor], outputs: [tensor] }, maxBatchSize: 0 }) as never,
    digest: () => 'd',
    obstacle: () => undefined,
    run: (_request, _onAnswer, onError) => {
      runs.push(onError);
      return () => {};
    },
  });
  const body = Buffer.from('{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[1]}]}');
  const nowMs = performance.now();
  const request = {
    kind: 'oip',
    body: [body],
    bodyBytes: body.length,
    priority: 'interactive',
    clientIp: '127.0.0.1',
    // Who sets a limit to the age looks alone.
    saved: { maxAgeSeconds: 60, maySave: true },
    receivedMs: nowMs,
    deadlineMs: nowMs + 60_000,
  } as unknown as CallRequest;
  const endings: string[] = [];
  const ask = (): (() => void) =>
    model.submit(
      request,
      (answer: Answer) => endings.push(answer.type),
      ({ code }) => endings.push(code),
    );
  let isQuiet = false;
  await model.whenQuiet();
  ask();
  const withdraw = ask();
  expect(looks).toHaveLength(2);
  void model.whenQuiet().then(() => (isQuiet = true));
  await Promise.resolve();
  expect(isQuiet).toBe(false);
  looks[0]!(undefined);
  expect(runs).toHaveLength(1);
  runs[0]!(new MillraceError('queue-full', 'The queue is full.'));
  expect(endings).toEqual(['queue-full']);
  await Promise.resolve();
  // The other one looks on, until its client leaves.
  expect(isQuiet).toBe(false);
  withdraw();
  await new Promise((resolve) => setImmediate(resolve));
  expect(isQuiet).toBe(true);
  looks[1]!(undefined);
  expect(runs).toHaveLength(1);
  await model.whenQuiet();
});
