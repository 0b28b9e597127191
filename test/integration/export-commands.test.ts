/** `millrace export` as a user types it: from a running host, from a settings file, printed and written. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostClient } from '../../server/cli/host-client.ts';
import { parseConfig, readConfigFile } from '../../server/config.ts';
import type { ExportView } from '../../server/protocol/admin/export.ts';
import { exportedKey } from '../export/export-wishes.ts';
import { HostProcess } from '../support/host-process.ts';
import { loopbackCertificate, loopbackKey } from '../support/loopback-certificate.ts';
import { schemaFaults } from '../support/kubernetes-schemas.ts';
import { millrace } from '../support/millrace-command.ts';
import type { CommandResult } from '../support/millrace-command.ts';
import { openTestRepository } from '../support/model-repository.ts';
import { checkNginx, nginxInstalled, nginxSkip, TestNginx } from '../support/nginx.ts';
import { freePort } from '../support/redis-server.ts';
import { scaleModel } from '../support/versioned-models.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-export-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const source = {
  kind: 's3',
  name: 'factory',
  bucket: 'models',
  endpoint: 'http://minio:9000',
  allowPrivateEndpoint: true,
};
const settings = {
  sources: [source],
  keys: [exportedKey],
  cache: { redis: 'redis://:planted-secret@redis:6379' },
  defaults: { timeoutMs: 30_000, replicas: 3, scaling: { max: 8 } },
  drainTimeoutMs: 20_000,
};

const kubernetes = (...args: string[]): Promise<CommandResult> => millrace('export', 'kubernetes', ...args);

interface Spec {
  readonly [field: string]: unknown;
}

function specs(yaml: string): Record<string, Spec> {
  const documents = parseAllDocuments(yaml).map((document) => document.toJS() as Record<string, unknown>);
  for (const each of documents) expect(schemaFaults(each), String(each['kind'])).toEqual([]);
  return Object.fromEntries(documents.map((each) => [each['kind'], (each['spec'] ?? each['data']) as Spec]));
}

describe('with a settings file', () => {
  let config: string;
  beforeEach(async () => {
    config = join(folder, 'settings.json');
    await writeFile(config, JSON.stringify(settings));
  });
  const ofFile = (...args: string[]): Promise<CommandResult> =>
    kubernetes('--config', config, '--data', join(folder, 'data'), ...args);

  it('prints documents that a cluster takes, and notes beside them; no secret is in either', async () => {
    const { code, stdout, stderr } = await ofFile('--namespace', 'ml', '--image', 'images.factory/millrace:1');
    expect(code, stderr).toBe(0);
    const found = specs(stdout);
    expect(found['HorizontalPodAutoscaler']).toMatchObject({ minReplicas: 3, maxReplicas: 8 });
    // A host in a pod takes its settings, all of them, once the variables are filled in.
    const podFile = join(folder, 'pod.json');
    await writeFile(podFile, String(found['ConfigMap']!['settings.json']));
    const environment = {
      MILLRACE_POD_ADDRESS: '10.1.2.3',
      MILLRACE_CACHE_REDIS: 'redis://r:1',
      MILLRACE_FEATURES_REDIS: 'redis://r:2',
    };
    const pod = await readConfigFile(podFile, environment);
    expect(parseConfig(pod, 'The pod')).toMatchObject({
      lan: { on: true, addresses: ['10.1.2.3'] },
      keys: [exportedKey],
      cache: { redis: 'redis://r:1' },
      waitForSources: true,
      drainTimeoutMs: 20_000,
      defaults: { timeoutMs: 30_000, scaling: { preset: 'edge' } },
    });
    expect(found['Deployment']).toMatchObject({
      template: { spec: { terminationGracePeriodSeconds: 40, containers: [{ image: 'images.factory/millrace:1' }] } },
    });
    expect(stderr).toContain('Note: "defaults.replicas" (3) was chosen for this machine');
    expect(stdout + stderr).not.toContain('planted-secret');
  });

  it('writes a folder, and never over what is there without being told', async () => {
    const out = join(folder, 'k8s');
    expect(await ofFile('--out', out)).toMatchObject({ code: 0, stdout: expect.stringContaining('deployment.yaml') });
    expect((await readdir(out)).toSorted()).toEqual([
      'README.md',
      'autoscaler.yaml',
      'deployment.yaml',
      'disruption-budget.yaml',
      'service.yaml',
      'settings.yaml',
    ]);
    await writeFile(join(out, 'service.yaml'), 'mine');
    expect(await ofFile('--out', out)).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
    expect(await readFile(join(out, 'service.yaml'), 'utf8')).toBe('mine');
    expect(await ofFile('--out', out, '--force')).toMatchObject({ code: 0 });
    expect(await readFile(join(out, 'service.yaml'), 'utf8')).toContain('kind: Service');
  });

  it('takes everything that --help lists', async () => {
    const words =
      '--name vision --cpu 8 --memory 16Gi --storage 50Gi --gpu 2 --node-selector pool=gpu zone=b --min 2 --max 6 ' +
      '--custom-metrics --no-redis --s3-secret keys --s3-endpoint http://s3:9000 --host models.example';
    const { stdout, code, stderr } = await ofFile(...words.split(' '));
    expect(code, stderr).toBe(0);
    const { Deployment: deployment, HorizontalPodAutoscaler: autoscaler, ConfigMap: map } = specs(stdout);
    expect(deployment).toMatchObject({
      template: {
        spec: {
          nodeSelector: { pool: 'gpu', zone: 'b' },
          containers: [{ resources: { limits: { cpu: '8', memory: '16Gi', 'nvidia.com/gpu': '2' } } }],
        },
      },
    });
    expect(autoscaler).toMatchObject({ minReplicas: 2, maxReplicas: 6, metrics: [{}, { type: 'Pods' }] });
    expect(JSON.parse(String(map!['settings.json']))).toMatchObject({
      sources: [{ endpoint: 'http://s3:9000' }],
      allowedHosts: ['vision', 'models.example'],
      defaults: { timeoutMs: 30_000 },
    });
    expect(JSON.stringify(deployment)).toContain('"name":"keys"');
    const more = await ofFile('--gpu', 'amd.com/gpu=4', '--service-account', 'models', '--redis-secret', 'r');
    expect(more.stdout).toMatch(/amd\.com\/gpu: "4"/);
    expect(more.stdout).toContain('serviceAccountName: models');
    expect((await ofFile('--gpu')).stdout).toMatch(/nvidia\.com\/gpu: "1"/);
  });

  it('writes a chart with --helm, which is a folder', async () => {
    expect(await ofFile('--helm')).toMatchObject({ code: 2, stderr: expect.stringContaining('--out') });
    const out = join(folder, 'chart');
    expect(await ofFile('--helm', '--out', out)).toMatchObject({ code: 0 });
    expect((await readdir(out)).toSorted()).toEqual([
      '.helmignore',
      'Chart.yaml',
      'README.md',
      'templates',
      'values.yaml',
    ]);
  });

  it.each([
    [['--memory', '4'], 'memory must be an amount'],
    [['--name', 'Not Good'], 'name must have'],
    [['--node-selector', 'x'], 'no <label>=<value>'],
    [['--cpu', 'many'], 'cpu'],
  ])('refuses %j in words, as a wrong command line', async (args, words) => {
    expect(await ofFile(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
  });
});

describe('with a running host', () => {
  it(
    'takes the settings that it runs with, those of sources and models that were added since included',
    { timeout: 90_000 },
    async () => {
      const models = await openTestRepository([
        { name: 'scale', bytes: scaleModel(2), manifest: { timeoutMs: 90_000 } },
      ]);
      try {
        await using host = await HostProcess.start({ models: models.directory, settings: { drainTimeoutMs: 20_000 } });
        const data = ['--data', host.dataDirectory];
        // Nothing says where pods should get models.
        expect(await kubernetes(...data)).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('No source is in S3'),
        });
        const place = ['s3://models/prod', '--endpoint', 'http://minio:9000', '--allow-private-endpoint'];
        expect((await millrace('sources', 'add', 'factory', ...place, ...data)).code).toBe(0);
        // And nobody could ask them anything.
        expect(await kubernetes(...data)).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('millrace keys create'),
        });
        const made = await millrace('keys', 'create', 'Line 3', '--json', ...data);
        const { secret } = JSON.parse(made.stdout) as { secret: string };
        const { stdout, code } = await kubernetes(...data);
        expect(code).toBe(0);
        const { ConfigMap: map, Deployment: deployment } = specs(stdout);
        expect(JSON.parse(String(map!['settings.json']))).toMatchObject({
          sources: [{ name: 'factory', bucket: 'models', prefix: 'prod' }],
          cache: { enabled: false },
          keys: [{ name: 'Line 3', sha256: createHash('sha256').update(secret).digest('hex') }],
        });
        expect(stdout).not.toContain(secret);
        expect(deployment).toMatchObject({ template: { spec: { terminationGracePeriodSeconds: 40 } } });

        const client = await HostClient.find(host.dataDirectory);
        const view = await client.post<ExportView>('/exports/nginx', { hosts: ['http://a:8000', 'http://b:8000'] });
        // The slowest model has 90 s.
        expect(view.files[0]!.text).toContain('proxy_read_timeout 95s;');
        await expect(client.post('/exports/nginx', { hosts: ['http://a;'] })).rejects.toMatchObject({
          code: 'invalid-request',
        });
        await expect(client.post('/exports/kubernetes', { cpu: 0 })).rejects.toMatchObject({ code: 'invalid-request' });
      } finally {
        await models.remove();
      }
    },
  );

  it('says that none runs where none does', async () => {
    expect(await kubernetes('--data', join(folder, 'none'))).toMatchObject({ code: 3 });
  });
});

describe.skipIf(!nginxInstalled)(`nginx itself${nginxSkip}`, () => {
  it.each<[string, string[]]>([
    ['plain', ['http://127.0.0.1:8000', 'http://127.0.0.2:8000', '--listen', '127.0.0.1:18080']],
    ['with names', ['http://127.0.0.1:8000', '--listen', '18080', '--server-name', 'a.example', 'b.example']],
    ['with IPv6', ['http://[::1]:8000', 'http://127.0.0.1:8000', '--listen', '[::1]:18080']],
    ['asking over TLS', ['https://127.0.0.1:8443', 'https://127.0.0.2:8443', '--listen', '18080']],
  ])('takes the configuration %s', async (_name, args) => {
    const config = join(folder, 'settings.json');
    await writeFile(config, '{}');
    const { code, stdout, stderr } = await millrace('export', 'nginx', ...args, '--config', config);
    expect(code, stderr).toBe(0);
    expect(await checkNginx(stdout)).toContain('test is successful');
  });

  it(
    'speaks TLS with apps and with hosts, and with no host whose authority is another',
    { timeout: 60_000 },
    async () => {
      const config = join(folder, 'settings.json');
      const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
      await Promise.all([
        writeFile(config, '{}'),
        writeFile(certificate, loopbackCertificate),
        writeFile(key, loopbackKey),
      ]);
      const servers = ['a', 'b'].map((name) =>
        createServer({ cert: loopbackCertificate, key: loopbackKey }, (request, response) => {
          response.end(JSON.stringify({ name, host: request.headers.host }));
        }),
      );
      const urls: string[] = [];
      for (const server of servers) {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        urls.push(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
      }
      const port = await freePort();
      const args = ['--listen', `127.0.0.1:${port}`, '--certificate', certificate, '--certificate-key', key];
      const site = async (authority: string): Promise<string> =>
        (await millrace('export', 'nginx', ...urls, ...args, '--host-authority', authority, '--config', config)).stdout;
      const ask = (): Promise<string> =>
        new Promise((resolve, reject) => {
          get(
            { host: '127.0.0.1', port, path: '/v2', ca: loopbackCertificate, servername: 'localhost' },
            (response) => {
              response.setEncoding('utf8').on('data', (text: string) => resolve(`${response.statusCode} ${text}`));
            },
          ).on('error', reject);
        });
      try {
        {
          await using _nginx = await TestNginx.start(await site(certificate), port);
          expect(await ask()).toMatch(/^200 \{"name":"[ab]","host":"localhost"\}$/);
        }
        // Any other authority: here one that the system knows.
        await using _nginx = await TestNginx.start(await site('/etc/ssl/certs/ca-certificates.crt'), port);
        expect(await ask()).toMatch(/^502 /);
      } finally {
        for (const server of servers) server.close();
      }
    },
  );
});
