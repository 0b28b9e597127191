/** Words and flags of the commands that say what is served of a model; a part of cli.ts. What they do is serving.ts. */
import type { Command } from 'commander';
import type { CommandParts } from './measuring-commands.ts';
import type { ServingFlags } from './serving.ts';

export function addServingCommands(models: Command, { dataOption, run }: CommandParts): void {
  const served = (name: string, description: string) =>
    models
      .command(name)
      .description(description)
      .argument('<name>')
      .addOption(dataOption())
      .option('--json', 'print as JSON');

  served('promote', 'make a version the one that answers: started, tested, switched to without losing a request')
    .argument('<version>')
    .option('--force', 'also where apps may fail with it')
    .addHelpText('after', '\nExample:\n  millrace models promote iris 2')
    .action((name: string, version: string, flags: ServingFlags) =>
      run(flags.json === true, async () => (await import('./serving.ts')).promoteCommand(name, version, flags)),
    );

  served('rollback', 'go back to the version that answered before').action((name: string, flags: ServingFlags) =>
    run(flags.json === true, async () => (await import('./serving.ts')).rollbackCommand(name, flags)),
  );

  served('pin', 'keep a version, whatever is imported (default: the one that answers)')
    .argument('[version]')
    .option('--force', 'also where apps may fail with it')
    .action((name: string, version: string | undefined, flags: ServingFlags) =>
      run(flags.json === true, async () => (await import('./serving.ts')).pinCommand(name, version, flags)),
    );

  served('unpin', 'let the next version that is imported take over again').action((name: string, flags: ServingFlags) =>
    run(flags.json === true, async () => (await import('./serving.ts')).unpinCommand(name, flags)),
  );

  served('traffic', 'split the requests that name no version, or show how they are split')
    .argument('[shares...]', 'as <version>=<weight>')
    .option('--off', 'end the split')
    .addHelpText('after', '\nExample:\n  millrace models traffic iris 1=90 2=10')
    .action((name: string, shares: string[], flags: ServingFlags) =>
      run(flags.json === true, async () => (await import('./serving.ts')).trafficCommand(name, shares, flags)),
    );

  served('shadow', 'send copies of requests to a version whose answers are only compared, or show the differences')
    .argument('[version]')
    .option('--off', 'end it')
    .action((name: string, version: string | undefined, flags: ServingFlags) =>
      run(flags.json === true, async () => (await import('./serving.ts')).shadowCommand(name, version, flags)),
    );

  served('load', 'load a model of the running host, again where it is loaded').action(
    (name: string, flags: ServingFlags) =>
      run(flags.json === true, async () => (await import('./serving.ts')).loadCommand(name, flags)),
  );

  served('unload', 'end the processes of a model and refuse requests for it until it is loaded').action(
    (name: string, flags: ServingFlags) =>
      run(flags.json === true, async () => (await import('./serving.ts')).unloadCommand(name, flags)),
  );

  models
    .command('refresh')
    .description('have the running host look at its model folders')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .action((flags: ServingFlags) =>
      run(flags.json === true, async () => (await import('./serving.ts')).refreshCommand(flags)),
    );
}
