/** Words and flags of `millrace keys`, `lan` and `security`; a part of cli.ts. What they do is keys.ts and lan.ts. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { portNumber } from './arguments.ts';
import type { CreateKeyFlags, KeyFlags } from './keys.ts';
import type { AllowFlags, LanFlags, LanOnFlags, PairFlags } from './lan.ts';
import type { CommandParts } from './measuring-commands.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addAccessCommands(program: Command, { dataOption, run }: CommandParts): void {
  const keys = program.command('keys').description('the keys of programs that call: make them, list them, revoke them');

  keys
    .command('create')
    .description('make a key and show it, this once')
    .argument('<name>', 'which program or device it is for')
    .option('--right <right>', 'infer, metrics or admin; may be repeated (default: infer)', collect)
    .option('--model <name>', 'only for this model; may be repeated (default: all)', collect)
    .option('--address <address>', 'only from this address; may be repeated (default: any)', collect)
    .option('--rate <number>', 'requests per second on average (default: unlimited)')
    .option('--share <number>', 'turns beside the others while requests wait, 1 to 100 (default: 1)')
    .option('--days <number>', 'ends after so many days (default: never)')
    .option('--private-cache', 'its saved answers are found by it alone')
    .option('--for-settings', 'keep nothing; print the entry for a settings file')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  millrace keys create "Line 3" --model defects --rate 20')
    .action((name: string, flags: CreateKeyFlags) =>
      run(flags.json === true, async () => (await import('./keys.ts')).createKeyCommand(name, flags)),
    );

  keys
    .command('list')
    .description('list the keys, what they may do, when and from where they were last used')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .action((flags: KeyFlags) =>
      run(flags.json === true, async () => (await import('./keys.ts')).listKeysCommand(flags)),
    );

  keys
    .command('revoke')
    .description('end a key: its next request is refused, on open connections as well')
    .argument('<key>', 'its id or its name')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .action((key: string, flags: KeyFlags) =>
      run(flags.json === true, async () => (await import('./keys.ts')).revokeKeyCommand(key, flags)),
    );

  addLanCommands(program, { dataOption, run });
}

function addLanCommands(program: Command, { dataOption, run }: CommandParts): void {
  const lan = program.command('lan').description('whether and how other machines of the network reach this host');
  const command = (words: string, description: string): Command =>
    lan.command(words).description(description).addOption(dataOption()).option('--json', 'print as JSON');

  command('status', 'show the addresses, the certificate and what keeps the network out').action((flags: LanFlags) =>
    run(flags.json === true, async () => (await import('./lan.ts')).lanStatusCommand(flags)),
  );

  command('on', 'let the network in; makes a key where there is none')
    .option('--address <address>', 'only at this address of the computer; may be repeated', collect)
    .option('--all-private', 'at every private address, also those it gets later (default)')
    .option('--port <number>', "0 for any (default: that of this computer's own programs)", portNumber)
    .option('--tls', 'encrypt, with a certificate by an authority of its own')
    .option('--no-tls', 'do not encrypt')
    .option('--certificate <file>', 'encrypt with this certificate, PEM; it is read again when it changes')
    .option('--key <file>', 'and this key of it')
    .option('--name <name>', 'the name before .local (default: millrace)')
    .option('--no-announce', 'tell the network no name')
    .option('--confirm-public <address>', 'yes, the internet may reach this address', collect)
    .addHelpText('after', '\nExample:\n  millrace lan on --tls')
    .action((flags: LanOnFlags, self: Command) => {
      // Neither flag: it stays as it is.
      const { tls: _tls, announce: _announce, ...others } = flags;
      const given = {
        ...others,
        ...(self.getOptionValueSource('tls') === 'cli' && { tls: flags.tls === true }),
        ...(self.getOptionValueSource('announce') === 'cli' && { announce: flags.announce === true }),
      };
      return run(flags.json === true, async () => (await import('./lan.ts')).lanOnCommand(given));
    });

  command('off', 'let nobody in from the network').action((flags: LanFlags) =>
    run(flags.json === true, async () => (await import('./lan.ts')).lanOffCommand(flags)),
  );

  command('pair', 'give a device its own key: it scans a code, you compare a number')
    .option('--model <name>', 'only for this model; may be repeated (default: all)', collect)
    .option('--rate <number>', 'requests per second on average (default: unlimited)')
    .option('--days <number>', 'ends after so many days (default: never)')
    .option('--yes', 'take the first device that comes, without asking')
    .action((flags: PairFlags) => run(flags.json === true, async () => (await import('./lan.ts')).pairCommand(flags)));

  command('authority [file]', "write the certificate of this host's authority into a file, or print it").action(
    (file: string | undefined, flags: LanFlags) =>
      run(flags.json === true, async () => (await import('./lan.ts')).authorityCommand(file, flags)),
  );

  command('refused', 'list the clients that were refused lately, and why').action((flags: LanFlags) =>
    run(flags.json === true, async () => (await import('./lan.ts')).refusedCommand(flags)),
  );

  command('fix <id>', 'do what helps one refused client: a key of its own, or its name or page allowed').action(
    (id: string, flags: LanFlags) =>
      run(flags.json === true, async () => (await import('./lan.ts')).fixCommand(id, flags)),
  );

  command('allow', 'allow a name of this machine or a web page, block an address; without flags, list them')
    .option('--name <host>', 'a name under which clients call this machine')
    .option('--page <origin>', 'web pages of this origin, such as https://panel.example')
    .option('--remove', 'no longer allow what --name and --page say')
    .option('--block <address>', 'close connections from this address at once')
    .option('--unblock <address>', 'no longer')
    .addOption(new Option('--local <what>', 'programs of this computer, while there are keys').choices(['key', 'open']))
    .action((flags: AllowFlags) =>
      run(flags.json === true, async () => (await import('./lan.ts')).allowCommand(flags)),
    );

  program
    .command('security')
    .description('test how this host withstands attacks')
    .command('check')
    .description('try on all listeners what an attacker would, and say how each went')
    .option('--all', 'list also the attacks that were refused')
    .addOption(dataOption())
    .option('--json', 'print as JSON')
    .action((flags: LanFlags & { all?: boolean }) =>
      run(flags.json === true, async () => (await import('./lan.ts')).securityCheckCommand(flags)),
    );
}
