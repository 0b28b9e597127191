/** Who may import whom, as data. The direction is what keeps each part understandable alone. */
import { describe, expect, it } from 'vitest';
import { sourceFiles } from './source-files.ts';

const files = sourceFiles('server');

/** Each folder of server/ with the folders it may import from, its own aside. Type-only imports count. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  plot: ['base'],
  daemon: ['base'],
  updating: ['base', 'protocol'],
  protocol: ['base'],
  autoscaler: ['base', 'protocol'],
  balancer: ['base', 'protocol'],
  export: ['base', 'protocol', 'autoscaler'],
  cache: ['base', 'protocol', 'storage'],
  cluster: ['base', 'protocol'],
  lan: ['base', 'protocol'],
  loadtest: ['base', 'protocol', 'plot'],
  features: ['base', 'protocol', 'storage'],
  metrics: ['base', 'protocol', 'storage'],
  openapi: ['base'],
  models: ['base', 'protocol'],
  replica: ['base', 'protocol'],
  security: ['base', 'protocol', 'storage'],
  selfcheck: ['base', 'protocol'],
  storage: ['base'],
  sources: ['base', 'protocol', 'models', 'storage'],
  inspect: ['base', 'protocol', 'cluster', 'models', 'replica'],
  sync: ['base', 'protocol', 'inspect', 'sources'],
  tuning: ['base', 'protocol', 'plot', 'loadtest'],
  events: ['base', 'protocol', 'storage'],
  launch: ['base', 'protocol'],
  doctor: ['base', 'protocol', 'storage'],
  settings: ['base', 'protocol', 'config.ts'],
  gateway: ['base', 'openapi', 'protocol', 'balancer', 'features', 'metrics', 'models', 'security'],
  admin: ['base', 'openapi', 'protocol', 'balancer', 'metrics', 'models', 'security'],
  host: [
    'base',
    'daemon',
    'protocol',
    'doctor',
    'events',
    'settings',
    'autoscaler',
    'balancer',
    'cache',
    'cluster',
    'features',
    'inspect',
    'lan',
    'loadtest',
    'tuning',
    'metrics',
    'models',
    'security',
    'selfcheck',
    'storage',
    'sources',
    'sync',
    'export',
    'gateway',
    'admin',
    'config.ts',
    'version.ts',
  ],
  cli: [
    'base',
    'daemon',
    'protocol',
    'cluster',
    'metrics',
    'loadtest',
    'features',
    'inspect',
    'tuning',
    'models',
    'sources',
    'autoscaler',
    'export',
    'gateway',
    'host',
    'launch',
    'settings',
    'doctor',
    'config.ts',
    'main.ts',
    'version.ts',
  ],
  'config.ts': ['base', 'protocol'],
  'version.ts': ['../package.json'],
  'main.ts': [
    'base',
    'protocol',
    'inspect',
    'cluster',
    'events',
    'gateway',
    'host',
    'metrics',
    'models',
    'settings',
    'sources',
    'config.ts',
    'version.ts',
  ],
  'cli.ts': ['cli', 'version.ts'],
};

/** The one file that may import each package that is risky, heavy, or easy to spread. */
const onlyIn: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['server/replica/session.ts'],
  'http-proxy-3': ['server/balancer/remote-upstream.ts'],
  'better-sqlite3': ['server/storage/database.ts'],
  '@redis/client': ['server/storage/redis.ts'],
  '@aws-sdk/client-s3': ['server/sources/s3-source.ts'],
  '@aws-sdk/lib-storage': ['server/sources/s3-source.ts'],
  'electron-updater': ['server/updating/signed-updater.ts'],
  express: ['server/admin/admin-listener.ts', 'server/admin/gui-files.ts', 'server/admin/admin-document.ts'],
  // Types only in the others.
  commander: [
    'server/cli.ts',
    'server/cli/arguments.ts',
    'server/cli/source-commands.ts',
    'server/cli/measuring-commands.ts',
    'server/cli/serving-commands.ts',
    'server/cli/trash-commands.ts',
    'server/cli/export-commands.ts',
    'server/cli/access-commands.ts',
    'server/cli/upkeep-commands.ts',
    'server/cli/samples-commands.ts',
    'server/cli/service-commands.ts',
  ],
  yaml: ['server/export/yaml.ts'],
  pino: ['server/base/log.ts'],
  'pino-pretty': ['server/base/log.ts'],
  systeminformation: ['server/metrics/system-information.ts'],
  'hdr-histogram-js': ['server/loadtest/latency-histogram.ts'],
  '@peculiar/x509': ['server/lan/certificates.ts'],
  'reflect-metadata': ['server/lan/certificates.ts'],
  '@homebridge/ciao': ['server/lan/announcer.ts'],
  yauzl: ['server/models/archive.ts', 'server/updating/update-parcel.ts'],
  yazl: ['server/doctor/bundle-zip.ts'],
  tar: ['server/models/tar-archive.ts'],
  'csv-parse': ['server/cli/feature-file.ts'],
  'csv-parse/sync': ['server/protocol/csv-table.ts'],
  sharp: ['server/replica/image-decoder.ts'],
  zod: [
    'server/config.ts',
    'server/models/manifest.ts',
    'server/models/recipe-schema.ts',
    'server/models/schema-parts.ts',
    'server/autoscaler/policy.ts',
    'server/autoscaler/trace-schema.ts',
    // What the admin API takes and gives: bodies are checked and the OpenAPI document is made by the same schemas.
    'server/protocol/admin/',
    'server/admin/',
    'server/security/session-file.ts',
  ],
  'node:child_process': [
    'server/cluster/spawn.ts',
    'server/cluster/warden.ts',
    'server/cluster/replica.ts',
    'server/cli/open-in-browser.ts',
    'server/sync/sync-process.ts',
    'server/cluster/cuda-files.ts',
    'server/loadtest/load-process.ts',
    'server/tuning/trial-host.ts',
    'server/daemon/apply-plan.ts',
    'server/launch/host-process.ts',
  ],
};

const groupOf = (path: string): string => path.replace(/^server\//, '').split('/')[0]!;

describe('the layers of server/', () => {
  it('have a rule for every folder and file at the top', () => {
    expect([...new Set(files.map(({ path }) => groupOf(path)))].toSorted()).toEqual(Object.keys(allowed).toSorted());
  });

  it('import only downwards', () => {
    const wrong = files.flatMap(({ path, imports }) => {
      const own = groupOf(path);
      return imports
        .map((target) => (target.startsWith('server/') ? groupOf(target) : `../${target}`))
        .filter((target) => target !== own && !allowed[own]!.includes(target))
        .map((target) => `${path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('have no cycle', () => {
    const imports = new Map(files.map((file) => [file.path, file.imports]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) {
        // Types may refer to each other within a folder; values may not, across folders nothing may.
        const cycle = [...trail.slice(trail.indexOf(path)), path];
        if (new Set(cycle.map(groupOf)).size > 1) cycles.push(cycle.join(' → '));
        return;
      }
      if (done.has(path)) return;
      for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
      done.add(path);
    };
    for (const { path } of files) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('keep each risky package in its file', () => {
    const wrong = files.flatMap(({ path, packages }) =>
      packages
        .filter(
          (name) =>
            onlyIn[name] !== undefined &&
            !onlyIn[name].some((place) => path === place || (place.endsWith('/') && path.startsWith(place))),
        )
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('use each restricted package where the rule says', () => {
    const used = new Set(files.flatMap(({ packages }) => packages));
    expect(Object.keys(onlyIn).filter((name) => !used.has(name))).toEqual([]);
  });

  it('never import electron outside electron/', () => {
    expect(files.filter(({ packages }) => packages.includes('electron')).map(({ path }) => path)).toEqual([]);
  });
});
