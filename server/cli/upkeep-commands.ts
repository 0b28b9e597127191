/** Words and flags of `millrace copies`, `doctor`, `logs` and `settings`; a part of cli.ts. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { limitNumber } from './arguments.ts';
import type { CopyFlags } from './copies.ts';
import type { DoctorFlags } from './doctor.ts';
import type { LogFlags } from './logs.ts';
import type { CommandParts } from './measuring-commands.ts';
import type { SettingsFlags } from './settings.ts';

export function addUpkeepCommands(program: Command, { dataOption, run }: CommandParts): void {
  const copies = program.command('copies').description('look at the processes that answer, one per copy of a model');

  copies
    .command('list')
    .description('list the copies, what each does and how the process before it ended')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .action((flags: CopyFlags) =>
      run(flags.json === true, async () => (await import('./copies.ts')).listCopiesCommand(flags)),
    );

  const order = (name: string, description: string) =>
    copies
      .command(name)
      .description(description)
      .argument('<copy>', 'its name, as `millrace copies list` shows it')
      .addOption(dataOption())
      .option('--json', 'print as JSON');

  order('drain', 'send a copy nothing new; it answers what it has and stays loaded')
    .addHelpText('after', "\nExample:\n  millrace copies drain 'iris/1#0'")
    .action((copy: string, flags: CopyFlags) =>
      run(flags.json === true, async () => (await import('./copies.ts')).drainCopyCommand(copy, flags)),
    );

  order('resume', 'send a drained copy requests again').action((copy: string, flags: CopyFlags) =>
    run(flags.json === true, async () => (await import('./copies.ts')).resumeCopyCommand(copy, flags)),
  );

  order('restart', 'put a new process in the place of a copy without losing a request').action(
    (copy: string, flags: CopyFlags) =>
      run(flags.json === true, async () => (await import('./copies.ts')).restartCopyCommand(copy, flags)),
  );

  program
    .command('logs')
    .description('show the last lines of the log of the running host')
    .addOption(new Option('--level <level>', 'this level and above').choices(['debug', 'info', 'warn', 'error']))
    .option('--search <words>', 'only lines with all of these words')
    .option('--limit <number>', 'the last so many, 1 to 1000', limitNumber, 100)
    .option('--follow', 'go on with what comes, until Ctrl-C')
    .addOption(dataOption())
    .option('--json', 'print one JSON object per line')
    .addHelpText('after', '\nExample:\n  millrace logs --level warn --follow')
    .action((flags: LogFlags) => run(flags.json === true, async () => (await import('./logs.ts')).logsCommand(flags)));

  program
    .command('doctor')
    .description('examine this installation: what is well, what is not, and what helps; with a host or without')
    .option('--deep', 'read every byte of every model')
    .option('--bundle <file>', 'save a zip file for somebody who helps: settings, events, log, without secrets')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  millrace doctor --bundle diagnostics.zip')
    .action((flags: DoctorFlags) =>
      run(flags.json === true, async () => (await import('./doctor.ts')).doctorCommand(flags)),
    );

  const settings = program.command('settings').description('look at the settings, change them, take a change back');

  const about = (name: string, description: string) =>
    settings.command(name).description(description).addOption(dataOption()).option('--json', 'print as JSON');

  about('list', 'list every setting: what holds, who said it, and what waits for a restart')
    .option('--changed', 'only those that are not the default')
    .action((flags: SettingsFlags) =>
      run(flags.json === true, async () => (await import('./settings.ts')).listSettingsCommand(flags)),
    );

  about('set', 'change a setting; checked before it is kept')
    .argument('<path>', 'as `millrace settings list` shows it')
    .argument('<value>')
    .addHelpText('after', '\nExample:\n  millrace settings set defaults.timeoutMs 30000')
    .action((path: string, value: string, flags: SettingsFlags) =>
      run(flags.json === true, async () => (await import('./settings.ts')).setSettingCommand(path, value, flags)),
    );

  about('unset', 'let the default of a setting hold again')
    .argument('<path>')
    .action((path: string, flags: SettingsFlags) =>
      run(flags.json === true, async () => (await import('./settings.ts')).unsetSettingCommand(path, flags)),
    );

  about('undo', 'take the last change of settings back').action((flags: SettingsFlags) =>
    run(flags.json === true, async () => (await import('./settings.ts')).undoSettingsCommand(flags)),
  );

  about('export', 'write what is not the default into a file, without secrets; prints it without one')
    .argument('[file]')
    .action((file: string | undefined, flags: SettingsFlags) =>
      run(flags.json === true, async () => (await import('./settings.ts')).exportSettingsCommand(file, flags)),
    );

  about('import', 'take over what a settings file says')
    .argument('<file>')
    .option('--dry-run', 'only say what would change')
    .action((file: string, flags: SettingsFlags) =>
      run(flags.json === true, async () => (await import('./settings.ts')).importSettingsCommand(file, flags)),
    );
}
