/** Words and flags of the commands that take a removal back; a part of cli.ts. What they do is trash.ts. */
import type { Command } from 'commander';
import type { CommandParts } from './measuring-commands.ts';
import type { TrashFlags } from './trash.ts';

export function addTrashCommands(models: Command, { dataOption, run }: CommandParts): void {
  models
    .command('restore')
    .description('bring back what was removed last of a model, with all it had')
    .argument('<name>')
    .option('--version <number>', 'only this version')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  millrace models restore iris')
    .action((name: string, flags: TrashFlags) =>
      run(flags.json === true, async () => (await import('./trash.ts')).restoreCommand(name, flags)),
    );

  models
    .command('trash')
    .description('list what was removed and can be restored')
    .option('--empty', 'delete all of it for good')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .action((flags: TrashFlags) =>
      run(flags.json === true, async () => (await import('./trash.ts')).trashCommand(flags)),
    );
}
