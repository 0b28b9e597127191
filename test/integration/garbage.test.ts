/**
 * What V8 carries into its old space. A request is over within milliseconds, so nothing of it should get there; once a chain from
 * one request's objects to the next one's exists (a Map that requests go in and out of, a closure kept by a connection), V8
 * carries all of them, and collecting them takes a sixth of the host's time.
 */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { demoModels, HostProcess } from '../support/host-process.ts';
import { runLoad } from '../support/load.ts';

/** Bytes per request; with such a chain it is thousands. */
const maxCarriedBytes = 600;
const warmUpRequests = 6000;
const requests = 12_000;

const samples = JSON.parse(
  await readFile(new URL('../../resources/models/digits/samples.json', import.meta.url), 'utf8'),
) as { inputs: number[][] };

/** No two are equal. */
function digits(index: number): string {
  const data = [...samples.inputs[0]!.slice(0, -1), index / 2 ** 20];
  return JSON.stringify({ inputs: [{ name: 'features', shape: [1, data.length], datatype: 'FP32', data }] });
}

test.each([
  ['without saved answers', { enabled: false }],
  ['with saved answers, all requests different', { enabled: true }],
])(
  'a request leaves next to nothing in the old space, %s',
  async (_name, cache) => {
    let carried = 0;
    let collections = 0;
    await using host = await HostProcess.start({
      models: demoModels,
      settings: { cache },
      nodeFlags: ['--trace-gc', '--trace-gc-nvp'],
      onLine: (line) => {
        const young = /"gc":"s".*"promoted":(\d+)/.exec(line);
        if (young === null) return;
        carried += Number(young[1]);
        collections++;
      },
    });
    const load = async (count: number): Promise<void> => {
      let sent = 0;
      const { lost, firstBad } = await runLoad({
        url: `${host.inferenceUrl}/v2/models/digits/infer`,
        body: digits,
        connections: 32,
        stopped: () => ++sent > count,
      });
      expect(lost).toEqual([]);
      expect(firstBad).toBeUndefined();
    };
    await load(warmUpRequests);
    [carried, collections] = [0, 0];
    await load(requests);
    expect(collections).toBeGreaterThan(2);
    expect(carried / requests).toBeLessThan(maxCarriedBytes);
  },
  60_000,
);
