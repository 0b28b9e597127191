/** The command line: parses words, calls server/cli/*, sets the exit code. `millrace --help` is its documentation. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findHost } from './cli/host-client.ts';
import { modelsText, statusText } from './cli/inspect.ts';
import { exitCodes, reportError } from './cli/output.ts';
import { serve } from './cli/serve.ts';
import type { ServeFlags } from './cli/serve.ts';
import { version } from './version.ts';

const program = new Command('millrace')
  .description('Serves ONNX models from this machine over HTTP, from a cluster of processes behind one address.')
  .version(version)
  .configureHelp({ showGlobalOptions: true })
  .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong command line or settings, 3 no host is running.')
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : exitCodes.usage);
  });

const dataOption = () =>
  new Option('--data <folder>', 'folder for what Millrace keeps between runs').default(defaultDataDirectory());

program
  .command('serve')
  .description('start a host and serve until Ctrl-C')
  .option('--models <folder>', 'models as <name>/<version>/model.onnx (default: the demo models)')
  .option('--demo', 'serve the four demo models')
  .option('--config <file>', 'settings as JSON, see docs/configuration.md')
  .option('--port <number>', 'port that apps call, 0 for any (default: 8000)', portNumber)
  .option('--admin-port <number>', 'port for status, 0 for any (default: 8090)', portNumber)
  .option('--replicas <number>', 'copies of each model that does not say otherwise (default: 1)', positive)
  .addOption(dataOption())
  .addOption(new Option('--log-level <level>', 'what to log').choices(['debug', 'info', 'warn', 'error', 'silent']))
  .option('--json', 'log and announce as JSON')
  .addHelpText('after', '\nExample:\n  millrace serve --models ./models --replicas 2')
  .action((flags: ServeFlags) => run(flags.json === true, () => serve(flags)));

program
  .command('status')
  .description('show the running host, its models and their replicas')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((flags: { data: string; json?: boolean }) =>
    run(flags.json === true, async () => {
      const found = await findHost(flags.data);
      console.log(
        flags.json === true ? JSON.stringify({ ...found.run, ...found.status }, undefined, 2) : statusText(found),
      );
    }),
  );

const models = program.command('models').description('look at the models of the running host');

models
  .command('list')
  .description('list the models, their versions and states')
  .addOption(dataOption())
  .option('--json', 'print as JSON')
  .action((flags: { data: string; json?: boolean }) =>
    run(flags.json === true, async () => {
      const found = await findHost(flags.data);
      console.log(flags.json === true ? JSON.stringify(found.status.models, undefined, 2) : modelsText(found));
    }),
  );

async function run(json: boolean, command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    reportError(error, json);
    // A host that failed to start may have left handles behind; nothing of it is worth waiting for.
    process.exit();
  }
}

/** Where each system keeps a program's own data. */
function defaultDataDirectory(): string {
  if (process.platform === 'win32')
    return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Millrace');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Millrace');
  return join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'millrace');
}

function portNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new InvalidArgumentError('A whole number from 1 to 64 is expected.');
}

await program.parseAsync();
