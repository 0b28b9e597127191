/** `millrace status` and `millrace models list`: what a running host is doing. */
import type { FoundHost } from './host-client.ts';
import { megabytes, table } from './output.ts';

export function statusText({ run, status }: FoundHost): string {
  const versions = status.models.flatMap((model) => model.versions.map((version) => ({ model, version })));
  const rows = versions.flatMap(({ version }) =>
    version.replicas.map((replica) => [
      replica.name,
      replica.state,
      replica.device,
      String(replica.pid),
      String(replica.inFlight),
      String(replica.answered),
      megabytes(replica.rssBytes),
    ]),
  );
  return [
    `Millrace ${status.version}, process ${status.pid}, up ${duration(status.upSeconds)}, ${megabytes(status.rssBytes)}`,
    `Apps call ${run.inferenceUrl}${status.needsKey ? ', with a key' : ''}`,
    ...(status.lan.isOn
      ? [`The network calls ${status.lan.urls.join(', ') || 'nothing yet: see `millrace lan status`'}`]
      : []),
    '',
    modelsText({ run, status }),
    '',
    rows.length === 0
      ? 'No replica runs.'
      : table(['REPLICA', 'STATE', 'DEVICE', 'PID', 'IN FLIGHT', 'ANSWERED', 'MEMORY'], rows),
    ...versions.flatMap(({ model, version }) =>
      version.lastStderr.length === 0
        ? []
        : ['', `${model.name} wrote before it ended:`, ...version.lastStderr.slice(-10).map((line) => `  ${line}`)],
    ),
  ].join('\n');
}

export function modelsText({ status }: FoundHost): string {
  if (status.models.length === 0) return 'No model is served.';
  return table(
    ['MODEL', 'VERSION', 'STATE', 'REPLICAS', 'ANSWERED', 'FAILED', 'RESTARTS', 'NOTE'],
    status.models.flatMap(({ name, versions }) =>
      versions.map((version) => [
        name,
        version.version,
        version.state,
        `${version.replicas.filter((replica) => replica.state === 'ready').length}/${version.desiredReplicas}`,
        String(version.answered),
        String(version.failed),
        String(version.restarts),
        version.reason === '' ? version.batching : version.reason,
      ]),
    ),
  );
}

function duration(seconds: number): string {
  const units = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = units.findIndex(([amount]) => amount > 0);
  return units
    .slice(first === -1 ? 3 : first)
    .slice(0, 2)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ');
}
