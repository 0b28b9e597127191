/** Words and flags of `millrace service`; a part of cli.ts. What they do is system-service.ts. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { portNumber } from './arguments.ts';
import type { FirewallFlags } from './firewall.ts';
import type { ServiceFlags, ServiceInstallFlags } from './system-service.ts';

/** Windows alone has a firewall that a program may ask about; elsewhere the command says what to do instead. */
export function addFirewallCommands(program: Command, run: ServiceCommandParts['run']): void {
  const firewall = program
    .command('firewall')
    .description("let other machines through Windows' firewall, or no longer");
  for (const [wish, description] of [
    ['allow', 'add the one rule that Millrace needs; Windows asks for an administrator'],
    ['remove', 'remove it'],
  ] as const) {
    firewall
      .command(wish)
      .description(description)
      .option('--dry-run', 'only show what would be done')
      .action((flags: FirewallFlags) =>
        run(false, async () => (await import('./firewall.ts')).firewallCommand(wish, flags)),
      );
  }
}

interface ServiceCommandParts {
  readonly run: (json: boolean, command: () => Promise<void>) => Promise<void>;
  /** Where a host of this person keeps its data. */
  readonly userDataFolder: string;
}

export function addServiceCommands(program: Command, { run, userDataFolder }: ServiceCommandParts): void {
  const service = program
    .command('service')
    .description('start a host with the machine, without anybody logged in: systemd, launchd, Task Scheduler');

  const about = (name: string, description: string): Command =>
    service
      .command(name)
      .description(description)
      .option('--name <name>', 'so that several can stand side by side', 'millrace')
      .option('--user', 'a service of yours alone, without an administrator')
      .addOption(
        new Option('--data <folder>', 'its data (default: the place for data of services)').argParser((path: string) =>
          resolve(path),
        ),
      )
      .option('--dry-run', 'only show what would be done')
      .option('--json', 'print as JSON');

  about('install', 'install and start the service; again to change it')
    .option('--config <file>', 'settings as JSON')
    .option('--models <folder>', 'models as <name>/<version>/model.onnx (default: the imported ones)')
    .option('--demo', 'serve the four demo models')
    .option('--port <number>', 'port that apps call (default: 8000)', portNumber)
    .option('--admin-port <number>', 'port for status (default: 8090)', portNumber)
    .option('--account <name>', 'run as this account of the machine (default: one made for the service)')
    .option('--gpu', 'let it use graphics processors; systemd hides them otherwise')
    .option('--no-start', 'start it with the machine only, not now')
    .addHelpText('after', '\nExample:\n  sudo millrace service install --models /srv/models --dry-run')
    .action((flags: ServiceInstallFlags) =>
      run(flags.json === true, async () => (await import('./system-service.ts')).installService(flags, userDataFolder)),
    );

  about('uninstall', 'stop and remove the service; its data stays').action((flags: ServiceFlags) =>
    run(flags.json === true, async () => (await import('./system-service.ts')).uninstallService(flags, userDataFolder)),
  );

  about('status', 'say whether it is installed, runs, and where').action((flags: ServiceFlags) =>
    run(flags.json === true, async () => (await import('./system-service.ts')).showService(flags, userDataFolder)),
  );
}
