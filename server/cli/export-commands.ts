/** Words and flags of `millrace export`; a part of cli.ts. What they do is export.ts. */
import type { Command } from 'commander';
import type { KubernetesFlags, NginxFlags } from './export.ts';
import type { CommandParts } from './measuring-commands.ts';

export function addExportCommands(program: Command, { dataOption, run }: CommandParts): void {
  const exports = program
    .command('export')
    .description('write the files that run Millrace on more than this machine; secrets are named, never written');
  const command = (words: string, description: string): Command =>
    exports
      .command(words)
      .description(description)
      .option('--config <file>', 'settings file (default: the settings of the running host)')
      .option('--out <folder>', 'write into this folder (default: print)')
      .option('--force', 'write over files that are there')
      .addOption(dataOption())
      .option('--json', 'print as JSON');

  command('kubernetes', 'Deployment, Service, autoscaler and what goes with them, as YAML or as a Helm chart')
    .option('--name <name>', 'what the objects are called (default: millrace)')
    .option('--namespace <name>', 'namespace of the objects (default: left to kubectl)')
    .option('--image <image>', 'image of this repository’s Dockerfile (default: millrace:<version>)')
    .option('--cpu <cores>', 'cores of each pod (default: 2)')
    .option('--memory <amount>', 'memory of each pod, like 4Gi (default: 4Gi)')
    .option('--storage <amount>', 'disk of each pod for models and saved answers (default: 20Gi)')
    .option('--gpu [resource]', 'GPUs of each pod: a number, or <resource>=<number> (default: 1 of nvidia.com/gpu)')
    .option('--node-selector <label=value...>', 'only nodes with these labels')
    .option('--min <pods>', 'at least so many (default: the scaling settings)')
    .option('--max <pods>', 'at most so many (default: the scaling settings)')
    .option('--custom-metrics', 'scale on the queue as well, through a Prometheus adapter')
    .option('--no-redis', 'no Redis: pods share no saved answers and no features')
    .option('--redis-secret <name>', 'Secret with cache-url and features-url (default: <name>-redis)')
    .option('--s3-secret <name>', 'Secret with access-key-id and secret-access-key (default: <name>-s3)')
    .option('--s3-endpoint <url>', 'S3 server as pods reach it (default: as the sources say)')
    .option('--service-account <name>', 'run as this account, with its role for S3 instead of a Secret')
    .option('--host <names...>', 'further names under which apps reach the pods, as of an Ingress')
    .option('--helm', 'a chart instead of plain YAML; needs --out')
    .addHelpText(
      'after',
      '\nExamples:\n  millrace export kubernetes --namespace ml --image registry.factory/millrace:1 --out k8s\n' +
        '  millrace export kubernetes --gpu 1 --helm --out chart',
    )
    .action((flags: KubernetesFlags) =>
      run(flags.json === true, async () => (await import('./export.ts')).kubernetesCommand(flags)),
    );

  command('nginx', 'one nginx in front of several hosts, that loses no request when one of them fails')
    .argument('<hosts...>', 'addresses of the hosts, like http://10.0.0.5:8000')
    .option('--listen <port>', 'port, or address and port (default: 80, with a certificate 443)')
    .option('--server-name <names...>', 'names that apps use; all others are refused')
    .option('--certificate <file>', 'TLS: the certificate on nginx’s machine')
    .option('--certificate-key <file>', 'its key')
    .option('--host-authority <file>', 'for https hosts: their certificate authority, PEM')
    .addHelpText(
      'after',
      '\nExample:\n  millrace export nginx http://10.0.0.5:8000 http://10.0.0.6:8000 --out /etc/nginx/conf.d',
    )
    .action((hosts: string[], flags: NginxFlags) =>
      run(flags.json === true, async () => (await import('./export.ts')).nginxCommand(hosts, flags)),
    );
}
