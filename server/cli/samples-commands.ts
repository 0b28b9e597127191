/** Words and flags of `millrace models samples`; a part of cli.ts. What they do is samples.ts. */
import type { Command } from 'commander';
import type { CommandParts } from './measuring-commands.ts';
import type { SamplesFlags } from './samples.ts';

export function addSamplesCommands(models: Command, { dataOption, run }: CommandParts): void {
  const samples = models
    .command('samples')
    .description('look at the saved test cases that gate each new version, add and remove them');

  samples
    .command('list')
    .description('list the test cases of a model')
    .argument('<name>')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .action((name: string, flags: SamplesFlags) =>
      run(flags.json === true, async () => (await import('./samples.ts')).listSamplesCommand(name, flags)),
    );

  samples
    .command('add')
    .description('send a request to the running host and save it with its answer')
    .argument('<name>')
    .argument('<file>', 'a request as /predict takes it: JSON, a picture or a CSV; - reads standard input')
    .option('--name <text>', 'what to call it')
    .option('--check <what>', 'class: whole-number outputs must be equal; numbers: all, within the tolerance')
    .option('--tolerance <number>', 'largest difference of a number with decimals (default: 0.001)')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  millrace models samples add digits seven.png --name "a clear seven"')
    .action((name: string, file: string, flags: SamplesFlags) =>
      run(flags.json === true, async () => (await import('./samples.ts')).addSampleCommand(name, file, flags)),
    );

  samples
    .command('remove')
    .description('remove a test case')
    .argument('<name>')
    .argument('<id>')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .action((name: string, id: string, flags: SamplesFlags) =>
      run(flags.json === true, async () => (await import('./samples.ts')).removeSampleCommand(name, id, flags)),
    );
}
