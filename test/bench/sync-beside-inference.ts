/**
 * What a large download costs the inference beside it: `node test/bench/sync-beside-inference.ts [megabytes] [rounds] [pause]`. The pause is of
 * each of four connections between two requests, 5 ms by default: some 500 requests a second. Each round
 * measures Millrace, which syncs in a process beside the host, a host that syncs inside, and one that syncs nothing. Linux.
 */
import { measureSyncLoad } from '../support/sync-load.ts';

const [megabytes = '1000', rounds = '1', pauseMs = '5'] = process.argv.slice(2);
for (let round = 1; round <= Number(rounds); round++) {
  for (const where of ['beside', 'inside', 'nowhere'] as const) {
    const result = await measureSyncLoad({
      megabytes: Number(megabytes),
      where,
      pauseMs: Number(pauseMs),
      quietMs: 8000,
    });
    const { before, during, after, syncSeconds, outcome, rssBeforeBytes, rssPeakBytes } = result;
    const grown = (rssPeakBytes - rssBeforeBytes) / 1e6;
    console.log(
      `${where.padEnd(7)}  ${outcome} in ${syncSeconds.toFixed(1)} s  ` +
        `p50 ${before.p50Ms.toFixed(2)} -> ${during.p50Ms.toFixed(2)} -> ${after.p50Ms.toFixed(2)} ms  ` +
        `p99 ${before.p99Ms.toFixed(2)} -> ${during.p99Ms.toFixed(2)} -> ${after.p99Ms.toFixed(2)} ms  ` +
        `host memory ${(rssBeforeBytes / 1e6).toFixed(0)} MB +${grown.toFixed(0)} MB  failed ${before.failed + during.failed + after.failed}`,
    );
  }
}
