/** Words and flags of `millrace bench`, `devices`, `gpu` and `tune`; a part of cli.ts. */
import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { BenchFlags } from './bench-plan.ts';
import type { DevicesFlags, InstallFlags } from './devices.ts';
import type { TuneFlags } from './tune.ts';

export interface CommandParts {
  readonly dataOption: () => Option;
  /** Reports what the command throws. */
  readonly run: (json: boolean, command: () => Promise<void>) => Promise<void>;
}

export function addMeasuringCommands(program: Command, { dataOption, run }: CommandParts): void {
  program
    .command('bench')
    .description('load a model with requests and measure what it answers')
    .argument('<model|url>', 'a model of the running host, or http://host:port/v2/models/<name> on this network')
    .option('--connections <shape>', 'closed loop: so many connections, each waiting for its answers (default: 8)')
    .option('--rate <shape>', 'open loop: so many requests per second, whether answered or not')
    .addOption(new Option('--arrival <kind>', 'open loop: evenly or by chance').choices(['constant', 'poisson']))
    .option('--trace <file>', 'open loop: the load of a trace, see docs/autoscaling.md')
    .option('--speed <factor>', 'of the trace, 60 plays an hour in a minute')
    .option('--scale <factor>', 'of the rates in the trace')
    .option('--slo <goal>', 'find the highest rate that holds a latency, like p99=50ms')
    .option('--max-errors <percent>', 'with --slo: failures that are still fine (default: 0.1)')
    .option('--max-rate <number>', 'with --slo: go no further')
    .option('--duration <time>', 'how long, or with --slo how long a trial: 500ms, 10s, 2m (default: 10s, 5s)')
    .option('--warm-up <time>', 'sent before and not counted (default: 1s)')
    .option('--timeout <time>', 'a request without an answer has failed then (default: 10s)')
    .option('--max-connections <number>', 'of an open loop (default: 256)')
    .option('--model <name>', 'where the URL names none')
    .option('--version <number>', 'of the model')
    .option('--binary', 'tensors as bytes instead of JSON')
    .option('--predict', 'use POST /predict')
    .option('--random', 'made-up inputs even where samples are there')
    .option('--samples <file>', "inputs from this samples.json (default: the model's, else made up)")
    .option('--rows <number>', 'rows per request (default: 1)')
    .option('--shape <name=AxB>', 'sizes of free dimensions of an input, the first aside; may be repeated', collect)
    .option('--distinct <number>', 'different requests, sent in turn (default: 64)')
    .option('--seed <number>', 'of all chance (default: 1)')
    .option('--header <line>', "sent with each request, like 'Authorization: Bearer …'; may be repeated", collect)
    .option('--cached', 'take answers that the server has saved (default: each request is computed)')
    .option('--insecure', 'take any certificate')
    .option('--out <file>', 'write the result as JSON')
    .option('--html <file>', 'write a report with plots')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nA shape is a number, a straight line 10..500, or steps 10,50,100.\n\nExamples:\n  millrace bench iris --connections 32\n  millrace bench iris --rate 10..500 --duration 1m --html report.html\n  millrace bench iris --slo p99=50ms',
    )
    .action((name: string, flags: BenchFlags) =>
      run(flags.json === true, async () => (await import('./bench.ts')).benchCommand(name, flags)),
    );

  program
    .command('devices')
    .description('show what this machine can run models on, tried and not only listed')
    .option('--fresh', 'try again although what is known still holds')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .action((flags: DevicesFlags) =>
      run(flags.json === true, async () => (await import('./devices.ts')).devicesCommand(flags)),
    );

  const gpu = program.command('gpu').description('files that graphics processors need');

  gpu
    .command('install')
    .description("fetch ONNX Runtime's CUDA files with its own installer (Linux on x64)")
    .addArgument(new Argument('<what>', 'what to fetch').choices(['cuda']))
    .option('--yes', 'do not ask')
    .addOption(dataOption())
    .action((_what: string, flags: InstallFlags) =>
      run(false, async () => (await import('./devices.ts')).gpuInstallCommand(flags)),
    );

  program
    .command('tune')
    .description('find the copies, threads and batches that suit a model here, and save them')
    .argument('<model>', 'a model of the running host, of the store, or of --models')
    .addOption(new Option('--goal <goal>', 'what counts').choices(['latency', 'throughput', 'balanced']))
    .option('--budget <time>', 'how long it may take, about: 10s to 1h (default: 60s)')
    .option('--models <folder>', 'folder with the model in it')
    .option('--version <number>', 'version to measure (default: the served one, else the newest)')
    .option('--svg <file>', 'where the scaling curve is drawn (default: <model>-tuning.svg)')
    .option('--no-save', 'measure and say, change nothing')
    .option('--undo', 'take the last saved setting back')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  millrace tune iris --goal throughput --budget 2m')
    .action((model: string, flags: TuneFlags) =>
      run(flags.json === true, async () => (await import('./tune.ts')).tuneCommand(model, flags)),
    );
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
