/**
 * `npm run bench`: measures Millrace beside its baselines and prints one table of one run. docs/benchmarks.md holds the
 * table of the last release and says how to read it.
 *
 * Each workload starts its two sides, measures them alternately (pairs.ts) and ends them; nothing else of ours runs
 * meanwhile. Exit code 1 when something could not be measured, with `--strict` also when a target was missed; 2 for a wrong
 * command line.
 */
import { spawnSync } from 'node:child_process';
import { autocannonLoad } from './autocannon-load.ts';
import { Bench } from './bench.ts';
import type { LoadGenerator } from './load-generator.ts';
import { machineFacts } from './machine.ts';
import { parseOptions, usage } from './options.ts';
import type { BenchOptions } from './options.ts';
import { writeResults } from './results-file.ts';
import { failedRow } from './row.ts';
import type { Row } from './row.ts';
import { Scope } from './scope.ts';
import { renderTable } from './table.ts';
import { workloads } from './workloads.ts';
import { wrk } from './wrk.ts';

const root = Scope.root();

/** The first signal closes everything; the second does not wait. */
let interrupted = false;
function onSignal(): void {
  if (interrupted) process.exit(130);
  interrupted = true;
  void root.close().then(() => process.exit(130));
}
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('exit', () => root.killNow());

function optionsOrExit(): BenchOptions {
  try {
    const options = parseOptions(
      process.argv.slice(2),
      workloads.map(({ name }) => name),
    );
    if (options !== undefined) return options;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}

async function runAll(bench: Bench): Promise<Row[]> {
  const { only } = bench.options;
  const rows: Row[] = [];
  for (const workload of workloads) {
    if (only.length > 0 && !only.includes(workload.name)) continue;
    await using scope = root.open();
    try {
      rows.push(...(await workload.run(bench, scope)));
    } catch (error) {
      if (interrupted) break;
      bench.say(`FAILED: ${workload.name}: ${String((error as Error).stack)}`);
      rows.push(failedRow(workload.name, (error as Error).message));
    }
  }
  return rows;
}

function howMeasured({ options, pairs, disturbedPairs }: Bench, load: LoadGenerator): string {
  const disturbed = disturbedPairs === 0 ? 'none' : `${disturbedPairs} of ${pairs}`;
  return `${options.pairs} pairs of ${options.seconds} s on each side, measured alternately, each pair with new processes; load: ${load.name}; pairs during which others used more than 5 % of the processors: ${disturbed}`;
}

const options = optionsOrExit();
const load: LoadGenerator = spawnSync('wrk', ['--version']).error === undefined ? wrk : autocannonLoad;
const bench = new Bench(options, load);
const facts = await machineFacts(root);
const rows = await runAll(bench);
if (!interrupted) {
  facts.push(howMeasured(bench, load));
  const markdown = `${renderTable(rows)}\n\n${facts.map((fact) => `- ${fact}`).join('\n')}`;
  console.log(markdown);
  if (options.write !== undefined) await writeResults(options.write, markdown);
  await root.close();
  const failed = rows.some(({ verdict }) => verdict === 'FAILED');
  const missed = rows.some(({ verdict }) => verdict === 'below');
  process.exitCode = failed || (options.strict && missed) ? 1 : 0;
}
