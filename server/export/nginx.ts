/**
 * `millrace export nginx`: one nginx in front of several hosts, as a file for `conf.d`. Pure.
 *
 * A request is sent to another host when its connection breaks or is refused: always where nothing of it has been sent, and for paths that
 * change nothing also after it has been. An answer is an answer: a 503 of a full queue goes to the app with its Retry-After, and nothing
 * that a model says takes a host out.
 */
import { MillraceError } from '../base/errors.ts';
import type { NewNginxExport } from '../protocol/admin/export.ts';
import type { Export, ExportFacts } from './export-facts.ts';
import { purePaths } from './pure-paths.ts';

/** Idle connections that each nginx process keeps to the hosts; as much as an upstream of Millrace keeps. */
const keepalive = 32;
/** A LAN connects in 1 ms, and a lost SYN is sent again after 1 s. */
const connectTimeoutSeconds = 2;
/** Failed connections within, and seconds out after: a host that is gone costs two requests a detour of their connection every 5 s. */
const maxFails = 2;
const failTimeoutSeconds = 5;
/** After a host's own deadline it has answered; nginx waits so much longer, so that the app hears the host's words. Seconds. */
const answerMarginSeconds = 5;

export const nginxFile = 'millrace.conf';

/** Throws `invalid-config` where the wishes do not go together. */
export function exportNginx(
  facts: Pick<ExportFacts, 'version' | 'longestTimeoutMs' | 'maxBodyBytes'>,
  wishes: NewNginxExport,
): Export {
  const { certificate, certificateKey, serverNames } = wishes;
  if ((certificate === undefined) !== (certificateKey === undefined)) {
    throw new MillraceError('invalid-config', 'A certificate and its key go together, and only one is named.', {
      hint: 'Give both --certificate and --certificate-key.',
    });
  }
  const urls = wishes.hosts.map((host) => new URL(host));
  const secure = urls.filter(({ protocol }) => protocol === 'https:').length;
  if (secure > 0 && secure < urls.length) {
    throw new MillraceError('invalid-config', 'Some hosts are https and some are http; nginx asks all of them alike.', {
      hint: 'Switch TLS on for all of the hosts, or for none.',
    });
  }
  const servers = urls.map(
    ({ hostname, port, protocol }) => `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`,
  );
  const twin = servers.find((server, index) => servers.indexOf(server) !== index);
  if (twin !== undefined) {
    throw new MillraceError('invalid-config', `The host ${twin} is named twice.`, { hint: 'Name each host once.' });
  }
  const notes = [
    ...(servers.length === 1 ? ['With one host there is none to go to when it fails.'] : []),
    ...(serverNames.length > 0
      ? [`Every host must accept these names: "allowedHosts": ${JSON.stringify(serverNames)} in its settings.`]
      : []),
    ...(secure > 0 && wishes.hostAuthority === undefined
      ? ['nginx does not check who the hosts are: name their certificate authority with --host-authority.']
      : []),
    'The hosts share nothing by themselves: give them one Redis and one source, see docs/scaling-out.md.',
  ];
  const text = configuration(facts, wishes, servers, secure > 0);
  return { files: [{ path: nginxFile, text }], notes };
}

function configuration(
  facts: Pick<ExportFacts, 'version' | 'longestTimeoutMs' | 'maxBodyBytes'>,
  wishes: NewNginxExport,
  servers: readonly string[],
  isSecure: boolean,
): string {
  const { certificate, certificateKey, serverNames, hostAuthority } = wishes;
  const hasTls = certificate !== undefined;
  const listen = wishes.listen ?? (hasTls ? '443' : '80');
  const tls = hasTls ? [`  ssl_certificate     ${certificate};`, `  ssl_certificate_key ${certificateKey};`, ''] : [];
  const answerSeconds = Math.ceil(facts.longestTimeoutMs / 1000) + answerMarginSeconds;
  const pass = `${isSecure ? 'https' : 'http'}://millrace`;
  const lines = [
    `# Written by \`millrace export nginx\` ${facts.version}, for conf.d or another place within http { }.`,
    '',
    'upstream millrace {',
    '  zone millrace 128k;',
    '  least_conn;',
    ...servers.map((server) => `  server ${server} max_fails=${maxFails} fail_timeout=${failTimeoutSeconds}s;`),
    `  keepalive ${keepalive};`,
    '}',
    '',
    ...(serverNames.length === 0
      ? []
      : [
          '# Whoever asks for another name was not sent here by a person.',
          'server {',
          `  listen ${listen}${hasTls ? ' ssl' : ''} default_server;`,
          '  server_name _;',
          ...tls.filter((line) => line !== ''),
          '  return 421;',
          '}',
          '',
        ]),
    'server {',
    `  listen ${listen}${hasTls ? ' ssl' : ''};`,
    `  server_name ${serverNames.length === 0 ? '_' : serverNames.join(' ')};`,
    '',
    ...tls,
    `  client_max_body_size ${facts.maxBodyBytes};`,
    '  # Bodies and answers pass whole through nginx, so that a request can be sent again. In memory up to these sizes.',
    '  client_body_buffer_size 1m;',
    '  proxy_buffers 16 64k;',
    '  proxy_buffer_size 16k;',
    '',
    '  proxy_http_version 1.1;',
    '  proxy_set_header Connection "";',
    // Every host accepts localhost; the name that an app used is passed on only where the hosts were told of it.
    `  proxy_set_header Host ${serverNames.length === 0 ? 'localhost' : '$host'};`,
    '  proxy_set_header X-Forwarded-For $remote_addr;',
    ...(isSecure
      ? [
          '  # One name for all of them: their certificates are for localhost too.',
          '  proxy_ssl_server_name on;',
          '  proxy_ssl_name localhost;',
          `  proxy_ssl_verify ${hostAuthority === undefined ? 'off' : 'on'};`,
          ...(hostAuthority === undefined ? [] : [`  proxy_ssl_trusted_certificate ${hostAuthority};`]),
        ]
      : []),
    '',
    `  proxy_connect_timeout ${connectTimeoutSeconds}s;`,
    '  # A host answers when a request has had its time; a silence beyond that is a host that hangs.',
    `  proxy_read_timeout ${answerSeconds}s;`,
    '  proxy_send_timeout 60s;',
    `  proxy_next_upstream_tries ${Math.min(3, Math.max(2, servers.length))};`,
    `  proxy_next_upstream_timeout ${2 * answerSeconds}s;`,
    '',
    '  # Whatever changes something is sent again only where none of it had been sent.',
    '  proxy_next_upstream error timeout;',
    '',
    '  location / {',
    `    proxy_pass ${pass};`,
    '  }',
    '',
    '  # Each host has its own figures: let Prometheus ask the hosts.',
    '  location = /metrics {',
    '    return 404;',
    '  }',
    ...purePaths.flatMap((path) => [
      '',
      `  location ~ ${path} {`,
      '    proxy_next_upstream error timeout non_idempotent;',
      `    proxy_pass ${pass};`,
      '  }',
    ]),
    '}',
    '',
  ];
  return lines.join('\n');
}
