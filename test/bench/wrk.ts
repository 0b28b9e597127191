/** wrk as the load generator: one thread, so that on two cores it takes less than one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseFailures } from './load-generator.ts';
import type { Load, LoadGenerator, Measurement } from './load-generator.ts';
import { outputOf } from './program-output.ts';
import type { Scope } from './scope.ts';

interface WrkSummary {
  readonly requests: number;
  readonly microseconds: number;
  readonly p50Microseconds: number;
  readonly failures: Readonly<Record<string, number>>;
}

export const wrk: LoadGenerator = {
  name: 'wrk -t1',
  numbersRequests: true,

  async run(scope: Scope, baseUrl: string, { request, connections, seconds }: Load): Promise<Measurement> {
    await using run = scope.open();
    const folder = await run.temporaryFolder();
    const bodyPath = join(folder, 'body');
    const scriptPath = join(folder, 'request.lua');
    await writeFile(bodyPath, request.body);
    await writeFile(scriptPath, script(bodyPath, request, reserveNumbers(seconds)));
    const output = await outputOf(run, 'wrk', [
      '-t1',
      `-c${connections}`,
      `-d${seconds}s`,
      '--timeout=10s',
      `--script=${scriptPath}`,
      baseUrl + request.path,
    ]);
    const summary = JSON.parse(output.slice(output.indexOf('{'))) as WrkSummary;
    refuseFailures(baseUrl, { ...summary.failures, 'runs without an answer': summary.requests === 0 ? 1 : 0 });
    return {
      perSecond: (summary.requests / summary.microseconds) * 1e6,
      p50Ms: summary.p50Microseconds / 1000,
    };
  },
};

/** Builds one request, sent again and again, and prints the sums as JSON. A status above 399 counts as a failure. */
function script(bodyPath: string, { headers, numbered }: Load['request'], firstNumber: number): string {
  return [
    'wrk.method = "POST"',
    ...Object.entries(headers).map(([name, value]) => `wrk.headers[${luaText(name)}] = ${luaText(value)}`),
    `local file = io.open(${luaText(bodyPath)}, "rb")`,
    'wrk.body = file:read("*a")',
    'file:close()',
    ...(numbered === undefined ? [] : numberedBodies(numbered, firstNumber)),
    'function done(summary, latency)',
    '  local e = summary.errors',
    '  io.write(string.format(',
    '    \'{"requests":%d,"microseconds":%d,"p50Microseconds":%d,"failures":{"failed connections":%d,"failed reads":%d,"failed writes":%d,"answers other than 2xx":%d,"timeouts":%d}}\\n\',',
    '    summary.requests, summary.duration, latency:percentile(50), e.connect, e.read, e.write, e.status, e.timeout))',
    'end',
    '',
  ].join('\n');
}

/** More requests than any run sends in a second; each run has numbers of its own. */
const numbersPerSecond = 100_000;

/** Divided by 2^20, so many numbers are told apart by a float32. */
const numberLimit = 2 ** 24;
let nextNumber = 0;

function reserveNumbers(seconds: number): number {
  const first = nextNumber;
  nextNumber += Math.ceil(seconds * numbersPerSecond);
  if (nextNumber <= numberLimit) return first;
  // Early numbers come again: minutes later, and no host of a benchmark lives that long.
  nextNumber = 0;
  return reserveNumbers(seconds);
}

function numberedBodies({ front, back }: NonNullable<Load['request']['numbered']>, first: number): string[] {
  return [
    `local number = ${first}`,
    'function request()',
    '  number = number + 1',
    `  return wrk.format(nil, nil, nil, ${luaText(front)} .. (number / 1048576) .. ${luaText(back)})`,
    'end',
  ];
}

/** JSON's escapes of these plain texts are Lua's as well. */
function luaText(text: string): string {
  return JSON.stringify(text);
}
