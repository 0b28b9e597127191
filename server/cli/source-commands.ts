/** The words of `millrace sources` and of `millrace models push`; what they do is sources.ts. */
import type { Command, Option } from 'commander';
import type { AddFlags, PushFlags, SourceFlags, SyncFlags } from './sources.ts';

/** Runs a command and turns what it throws into words and an exit code. */
type Run = (json: boolean, command: () => Promise<void>) => Promise<void>;

/** Adds them to the program; `dataOption` is the one that all commands share. */
export function addSourceCommands(program: Command, models: Command, dataOption: () => Option, run: Run): void {
  const sources = program.command('sources').description('places that models come from: folders and S3 buckets');
  const command = (words: string, description: string, parent = sources): Command =>
    parent
      .command(words)
      .description(description)
      .addOption(dataOption())
      .option('--config <file>', 'settings file whose sources count too')
      .option('--json', 'print as JSON');
  const isJson = (flags: SourceFlags): boolean => flags.json === true;

  command('list', 'the sources, how they are asked, and how that went').action((flags: SourceFlags) =>
    run(isJson(flags), async () => (await import('./sources.ts')).listSources(flags)),
  );

  command('add <name> <address>', 'add a folder, or an S3 bucket as s3://<bucket>/<prefix>')
    .option('--endpoint <url>', 'S3 server other than Amazon’s, for example http://minio.factory:9000')
    .option('--region <name>', 'region of the bucket (default: us-east-1)')
    .option('--path-style', 'the bucket in the path (default where an endpoint is named)')
    .option('--no-path-style', 'the bucket in the host’s name')
    .option('--allow-private-endpoint', 'the endpoint may be on this machine or in the own network')
    .option('--anonymous', 'a public bucket: ask without a key')
    .option('--ca-file <file>', 'certificate authority of the endpoint, PEM')
    .option('--store-key', 'ask for a key and keep it in the data folder (default: AWS’s own settings)')
    .option('--models <names>', 'names of models, with * and ?, separated by commas (default: *)')
    .option('--versions <number>', 'the highest so many versions of each model, or all (default: 1)')
    .option('--every <seconds>', 'how often a running host asks; 0: only by hand (default: 300)', Number)
    .option('--no-promote', 'new versions wait in the store until they are promoted')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace sources add share //server/models\n' +
        '  millrace sources add factory s3://models/prod --endpoint http://minio.factory:9000 --allow-private-endpoint --store-key',
    )
    .action((name: string, address: string, flags: AddFlags) =>
      run(isJson(flags), async () => (await import('./sources.ts')).addSource(name, address, flags)),
    );

  command('remove <name>', 'forget a source; the models that came from it stay').action(
    (name: string, flags: SourceFlags) =>
      run(isJson(flags), async () => (await import('./sources.ts')).removeSource(name, flags)),
  );

  command(
    'credentials <name>',
    'store a key for an S3 source; asks on the terminal, or reads two lines from standard input',
  )
    .option('--forget', 'remove the stored key instead')
    .action((name: string, flags: SourceFlags & { forget?: boolean }) =>
      run(isJson(flags), async () => (await import('./sources.ts')).storeCredentials(name, flags)),
    );

  command('test <name>', 'try a source: is it there, does it let us in, does it list, does it give bytes').action(
    (name: string, flags: SourceFlags) =>
      run(isJson(flags), async () => (await import('./sources.ts')).testSource(name, flags)),
  );

  command('sync [name]', 'fetch and import what is new, from one source or from all that are not paused')
    .option('--dry-run', 'only say what would change')
    .option('--retry-refused', 'fetch again what was refused before')
    .action((name: string | undefined, flags: SyncFlags) =>
      run(isJson(flags), async () => (await import('./sources.ts')).syncCommand(name, flags)),
    );

  command('pause <name>', 'do not ask a source until it is resumed').action((name: string, flags: SourceFlags) =>
    run(isJson(flags), async () => (await import('./sources.ts')).pauseSource(name, true, flags)),
  );

  command('resume <name>', 'ask a source again').action((name: string, flags: SourceFlags) =>
    run(isJson(flags), async () => (await import('./sources.ts')).pauseSource(name, false, flags)),
  );

  command('history [name]', 'what the last syncs did')
    .option('--limit <number>', 'how many, newest first', Number, 20)
    .action((name: string | undefined, flags: SourceFlags & { limit: number }) =>
      run(isJson(flags), async () => (await import('./sources.ts')).historyOf(name, flags)),
    );

  command('push <name>', 'publish an imported version to a source, its manifest last', models)
    .requiredOption('--to <source>', 'name of the source')
    .option('--version <number>', 'the version (default: the highest)')
    .addHelpText('after', '\nExample:\n  millrace models push iris --version 3 --to factory')
    .action((name: string, flags: PushFlags) =>
      run(isJson(flags), async () => (await import('./sources.ts')).pushCommand(name, flags)),
    );
}
