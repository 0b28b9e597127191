/**
 * The command line: parses words, calls server/cli/*, sets the exit code. `millrace --help` is its documentation.
 *
 * What a command does is loaded when it is called: a host carries none of it, and `status` does not wait for it.
 */
import { Command, Option } from 'commander';
import { resolve } from 'node:path';
import { copies, lifetime, limitNumber, portNumber, positive, seconds } from './cli/arguments.ts';
import { addAccessCommands } from './cli/access-commands.ts';
import { addMeasuringCommands } from './cli/measuring-commands.ts';
import type { CacheFlags } from './cli/cache.ts';
import { addExportCommands } from './cli/export-commands.ts';
import { defaultDataDirectory } from './cli/data-directory.ts';
import type { FeatureExportFlags, FeatureFlags, FeatureImportFlags } from './cli/features.ts';
import type { JobFlags } from './cli/jobs.ts';
import type { ImportFlags, RemoveFlags } from './cli/models.ts';
import type { OpenFlags } from './cli/open.ts';
import { exitCodes, reportError } from './cli/output.ts';
import type { ReplayFlags } from './cli/scale.ts';
import { addSamplesCommands } from './cli/samples-commands.ts';
import { addFirewallCommands, addServiceCommands } from './cli/service-commands.ts';
import { addServingCommands } from './cli/serving-commands.ts';
import { addSourceCommands } from './cli/source-commands.ts';
import { addTrashCommands } from './cli/trash-commands.ts';
import { addUpkeepCommands } from './cli/upkeep-commands.ts';
import type { EventFlags, RecordFlags, ScaleFlags, SetFlags } from './cli/scale-host.ts';
import type { ServeFlags } from './cli/serve.ts';
import { version } from './version.ts';

const program = new Command('millrace')
  .description('Serves ONNX models from this machine over HTTP, from a cluster of processes behind one address.')
  .version(version)
  .configureHelp({ showGlobalOptions: true })
  // `--version` of a command is a model's; the program's own comes before the command.
  .enablePositionalOptions()
  .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong command line or settings, 3 no host is running.')
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : exitCodes.usage);
  });

const dataOption = () =>
  new Option('--data <folder>', 'folder for what Millrace keeps between runs')
    // A child process works in another folder.
    .argParser((path: string) => resolve(path))
    .default(defaultDataDirectory());

program
  .command('serve')
  .description('start a host and serve until Ctrl-C')
  .option(
    '--models <folder>',
    'models as <name>/<version>/model.onnx (default: the imported models, else the demo models)',
  )
  .option('--demo', 'serve the four demo models')
  .option('--config <file>', 'settings as JSON, see docs/configuration.md')
  .option('--port <number>', 'port that apps call, 0 for any (default: 8000)', portNumber)
  .option('--admin-port <number>', 'port for status, 0 for any (default: 8090)', portNumber)
  .option(
    '--replicas <number>',
    'copies of each model that does not say otherwise (default: as many as it needs)',
    positive,
  )
  .addOption(dataOption())
  .addOption(new Option('--log-level <level>', 'what to log').choices(['debug', 'info', 'warn', 'error', 'silent']))
  .option('--log-file <file>', 'log into a file instead of standard error')
  .option('--json', 'log and announce as JSON')
  .addOption(new Option('--parent', 'tell the program that started it over a channel, and stop with it').hideHelp())
  .addHelpText('after', '\nExample:\n  millrace serve --models ./models --replicas 2')
  .action((flags: ServeFlags) => run(flags.json === true, async () => (await import('./cli/serve.ts')).serve(flags)));

program
  .command('status')
  .description('show the running host, its models and their replicas')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((flags: { data: string; json?: boolean }) =>
    run(flags.json === true, async () => {
      const found = await (await import('./cli/host-client.ts')).findHost(flags.data);
      console.log(
        flags.json === true
          ? JSON.stringify(found.status, undefined, 2)
          : (await import('./cli/inspect.ts')).statusText(found),
      );
    }),
  );

program
  .command('open')
  .description('open the interface of the running host in the browser')
  .addOption(dataOption())
  .option('--print', 'only print the link')
  .option('--json', 'only print the link, as JSON')
  .action((flags: OpenFlags) =>
    run(flags.json === true, async () => (await import('./cli/open.ts')).openCommand(flags)),
  );

const models = program.command('models').description('import models, look at them, remove them');

models
  .command('list')
  .description('list the models of the running host, their versions and states; without a host the imported ones')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((flags: { data: string; json?: boolean }) =>
    run(flags.json === true, async () => (await import('./cli/models.ts')).listModelsCommand(flags)),
  );

addServingCommands(models, { dataOption, run });
addTrashCommands(models, { dataOption, run });
addSamplesCommands(models, { dataOption, run });

models
  .command('import')
  .description('check, try and store a model, or all models of a folder or archive')
  .argument('<path>', 'model.onnx, a folder with models as <name>/<version>/model.onnx, or a zip or tar archive of one')
  .option('--name <name>', "the model's name (default: from the file or folder)")
  .option('--version <number>', 'its version (default: from the folder, or the next free number)')
  .option('--no-samples', 'do not run the saved test cases of samples.json')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .addHelpText('after', '\nExample:\n  millrace models import ~/Downloads/model.onnx --name iris')
  .action((path: string, flags: ImportFlags) =>
    run(flags.json === true, async () => (await import('./cli/models.ts')).importCommand(path, flags)),
  );

models
  .command('show')
  .description('show the imported versions of a model: what it takes and gives, where it came from')
  .argument('<name>')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((name: string, flags: ImportFlags) =>
    run(flags.json === true, async () => (await import('./cli/models.ts')).showCommand(name, flags)),
  );

models
  .command('remove')
  .description('remove an imported model, or one version of it; `models restore` brings it back for 7 days')
  .argument('<name>')
  .option('--version <number>', 'only this version')
  .option('--yes', 'do not ask')
  .addOption(dataOption())
  .option('--json', 'print as JSON; needs --yes')
  .action((name: string, flags: RemoveFlags) =>
    run(flags.json === true, async () => (await import('./cli/models.ts')).removeCommand(name, flags)),
  );

models
  .command('verify')
  .description('compare every byte of the imported models with what was imported')
  .argument('[name]')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((name: string | undefined, flags: ImportFlags) =>
    run(flags.json === true, async () => (await import('./cli/models.ts')).verifyCommand(name, flags)),
  );

const cache = program.command('cache').description('look at the saved answers, remove them');

cache
  .command('status')
  .description('show how many answers are saved, how often they were used, and what that saved')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((flags: CacheFlags) =>
    run(flags.json === true, async () => (await import('./cli/cache.ts')).cacheStatusCommand(flags)),
  );

cache
  .command('clear')
  .description('remove the saved answers of a model, or of all models')
  .argument('[model]')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((model: string | undefined, flags: CacheFlags) =>
    run(flags.json === true, async () => (await import('./cli/cache.ts')).cacheClearCommand(model, flags)),
  );

const features = program.command('features').description('look at the feature store, fill it, empty it');

features
  .command('list')
  .description('list the feature sets')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((flags: FeatureFlags) =>
    run(flags.json === true, async () => (await import('./cli/features.ts')).listFeaturesCommand(flags)),
  );

features
  .command('get')
  .description('show the features of one entity')
  .argument('<set>')
  .argument('<id>')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((set: string, id: string, flags: FeatureFlags) =>
    run(flags.json === true, async () => (await import('./cli/features.ts')).getFeaturesCommand(set, id, flags)),
  );

features
  .command('import')
  .description('write the entities of a CSV or JSON Lines file into a set')
  .argument('<set>')
  .argument('<file>')
  .option('--id <column>', 'column or member that holds the ids', 'id')
  .addOption(new Option('--format <format>', 'default: from the ending of the file').choices(['csv', 'jsonl']))
  .option('--ttl <seconds>', 'how long entities of the set are found (default: for ever)', lifetime)
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .addHelpText('after', '\nExample:\n  millrace features import patients patients.csv --id patient_id')
  .action((set: string, path: string, flags: FeatureImportFlags) =>
    run(flags.json === true, async () => (await import('./cli/features.ts')).importFeaturesCommand(set, path, flags)),
  );

features
  .command('export')
  .description('write all entities of a set into a file, or print them')
  .argument('<set>')
  .option('--output <file>', 'default: standard output')
  .addOption(
    new Option('--format <format>', 'default: from the ending of the file, else jsonl').choices(['csv', 'jsonl']),
  )
  .addOption(dataOption())
  .action((set: string, flags: FeatureExportFlags) =>
    run(false, async () => (await import('./cli/features.ts')).exportFeaturesCommand(set, flags)),
  );

features
  .command('remove')
  .description('remove one entity, or without an id the whole set')
  .argument('<set>')
  .argument('[id]')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((set: string, id: string | undefined, flags: FeatureFlags) =>
    run(flags.json === true, async () => (await import('./cli/features.ts')).removeFeaturesCommand(set, id, flags)),
  );

const jobs = program.command('jobs').description('look at what the running host does beside serving');

jobs
  .command('list')
  .description('list the jobs that run and the last that ended')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((flags: JobFlags) =>
    run(flags.json === true, async () => (await import('./cli/jobs.ts')).listJobsCommand(flags)),
  );

jobs
  .command('cancel')
  .description('stop a job')
  .argument('<job>', 'its id or the beginning of it')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((id: string, flags: JobFlags) =>
    run(flags.json === true, async () => (await import('./cli/jobs.ts')).cancelJobCommand(id, flags)),
  );

addSourceCommands(program, models, dataOption, run);

const scale = program.command('scale').description('look at what the autoscaler decides, and why; overrule it');

scale
  .command('explain')
  .description('say how many copies of a model, or of each, run now and why')
  .argument('[model]')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((model: string | undefined, flags: ScaleFlags) =>
    run(flags.json === true, async () => (await import('./cli/scale-host.ts')).explainCommand(model, flags)),
  );

scale
  .command('events')
  .description('list what the autoscaler changed, and what it refused')
  .option('--model <name>', 'only of this model')
  .option('--limit <number>', 'the last so many, 1 to 1000', limitNumber, 20)
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((flags: EventFlags) =>
    run(flags.json === true, async () => (await import('./cli/scale-host.ts')).scaleEventsCommand(flags)),
  );

scale
  .command('set')
  .description('order a number of copies, a pause, or other bounds; holds over restarts')
  .argument('<model>')
  .option('--replicas <number>', 'exactly so many copies, 0 to 64', copies)
  .option('--auto', 'let the autoscaler decide, also where the settings fix a number')
  .option('--pause', 'leave the number as it is')
  .option('--reset', 'as the settings say; forgets all orders about this model')
  .option('--min <number>', 'at least so many while the autoscaler decides', copies)
  .option('--max <number>', 'at most so many while the autoscaler decides', copies)
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .addHelpText('after', '\nExample:\n  millrace scale set iris --replicas 3\n  millrace scale set iris --auto --max 4')
  .action((model: string, flags: SetFlags) =>
    run(flags.json === true, async () => (await import('./cli/scale-host.ts')).scaleSetCommand(model, flags)),
  );

scale
  .command('record')
  .description('record the load of the running host as a trace for `scale replay`')
  .option('--seconds <number>', 'for so long, 1 to 86400', seconds, 60)
  .option('--model <name>', 'only of this model')
  .option('--measurements', 'write what was measured instead of the load that was offered')
  .addOption(dataOption())
  .option('--json', 'say nothing but the trace')
  .addHelpText(
    'after',
    '\nExample:\n  millrace scale record --seconds 600 > monday.json\n  millrace scale replay monday.json --policy policy.json',
  )
  .action((flags: RecordFlags) =>
    run(flags.json === true, async () => (await import('./cli/scale-host.ts')).recordCommand(flags)),
  );

scale
  .command('replay')
  .description('replay a recorded or invented load through the autoscaler')
  .argument('<trace>', 'trace as JSON, see docs/autoscaling.md')
  .option('--policy <file>', 'settings as JSON, or the name of a preset: edge, kubernetes', 'edge')
  .option('--json', 'print as JSON, with every tick')
  .addHelpText('after', '\nExample:\n  millrace scale replay monday.json --policy policy.json')
  .action((trace: string, flags: ReplayFlags) =>
    run(flags.json === true, async () => (await import('./cli/scale.ts')).scaleReplay(trace, flags)),
  );

addMeasuringCommands(program, { dataOption, run });
addExportCommands(program, { dataOption, run });
addUpkeepCommands(program, { dataOption, run });

addAccessCommands(program, { dataOption, run });
addServiceCommands(program, { run, userDataFolder: defaultDataDirectory() });
addFirewallCommands(program, run);

async function run(json: boolean, command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    reportError(error, json);
    // A host that failed to start may have left handles behind; nothing of it is worth waiting for.
    process.exit();
  }
}

await program.parseAsync();
