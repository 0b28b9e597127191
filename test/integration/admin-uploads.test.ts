/** Models that are sent in pieces, over connections that break and hosts that are started again, and their imports. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../server/base/log.ts';
import { parseConfig } from '../../server/config.ts';
import { RunFile } from '../../server/host/run-file.ts';
import { startHost } from '../../server/main.ts';
import { importReportSchema } from '../../server/protocol/admin/import-report.ts';
import type { ImportReportView, StoredVersionView } from '../../server/protocol/admin/import-report.ts';
import type { JobView } from '../../server/protocol/admin/job-view.ts';
import type { UploadView } from '../../server/protocol/admin/upload-view.ts';
import { ENDLESS_ABOVE, endlessLoopModel } from '../support/awkward-models.ts';
import { demoModel } from '../support/demo-models.ts';
import { demoModels, until } from '../support/host-process.ts';
import { RawConnection, head } from '../support/raw-http.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';
import { zip } from '../support/zip-writer.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({ models: [demoModel('iris')] });
});
afterAll(() => host[Symbol.asyncDispose]());

const digits = await readFile(join(demoModels, 'digits/1/model.onnx'));

const announce = async (fileName: string, sizeBytes: number): Promise<UploadView> => {
  const answer = await host.admin('/uploads', { body: JSON.stringify({ fileName, sizeBytes }) });
  expect(answer.status).toBe(201);
  return answer.json<UploadView>();
};

const piece = (id: string, offset: number, body: Uint8Array): Promise<HttpAnswer> =>
  host.admin(`/uploads/${id}`, {
    method: 'PATCH',
    body,
    headers: { 'Content-Type': 'application/octet-stream', 'Upload-Offset': String(offset) },
  });

const offsetOf = async (id: string): Promise<number> =>
  (await host.admin(`/uploads/${id}`)).json<UploadView>().offsetBytes;

async function upload(fileName: string, bytes: Uint8Array): Promise<string> {
  const { id } = await announce(fileName, bytes.length);
  expect((await piece(id, 0, bytes)).status).toBe(200);
  return id;
}

async function startImport(wish: object): Promise<JobView> {
  const answer = await host.admin('/imports', { body: JSON.stringify(wish) });
  expect(answer.status, answer.text).toBe(202);
  return answer.json<JobView>();
}

async function ended(id: string): Promise<JobView> {
  let job: JobView | undefined;
  await until('the job has ended', 60_000, async () => {
    job = (await host.admin(`/jobs/${id}`)).json<JobView>();
    return job.state !== 'running';
  });
  return job!;
}

/** Everything below a folder, files only. */
async function files(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('an upload', () => {
  it('arrives in pieces, each where the last ended, and lies under a name of ours', async () => {
    const { id } = await announce('../digits.onnx'.slice(3), digits.length);
    expect((await piece(id, 0, digits.subarray(0, 10_000))).json()).toMatchObject({ offsetBytes: 10_000 });
    const head = await host.admin(`/uploads/${id}`, { method: 'HEAD' });
    expect(head.headers['upload-offset']).toBe('10000');
    expect((await piece(id, 10_000, digits.subarray(10_000))).json()).toMatchObject({ offsetBytes: digits.length });
    const path = (await files(join(host.dataDirectory, 'uploads'))).find((each) => each.endsWith('content'));
    expect(path).not.toContain('digits');
    expect(await readFile(path!)).toEqual(digits);
    expect((await host.admin(`/uploads/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect(await files(join(host.dataDirectory, 'uploads'))).toEqual([]);
    expect((await host.admin(`/uploads/${id}`)).status).toBe(404);
  });

  it('goes on where a connection was cut', async () => {
    const { id } = await announce('digits.onnx', digits.length);
    {
      using connection = await RawConnection.open(host.adminUrl);
      const lines = [
        `PATCH /api/v1/uploads/${id} HTTP/1.1`,
        'Host: localhost',
        `Authorization: Bearer ${host.adminToken}`,
        'Content-Type: application/octet-stream',
        'Upload-Offset: 0',
        `Content-Length: ${digits.length}`,
      ];
      await connection.write(head(...lines));
      await connection.write(digits.subarray(0, 30_000));
      await until('the bytes lie on the disk', 5000, async () => {
        const path = (await files(join(host.dataDirectory, 'uploads'))).find(
          (each) => each.includes(id) && each.endsWith('content'),
        );
        return (await readFile(path!)).length === 30_000;
      });
    }
    await until('the host knows', 5000, async () => (await offsetOf(id)) === 30_000);
    expect((await piece(id, 30_000, digits.subarray(30_000))).json()).toMatchObject({ offsetBytes: digits.length });
    const job = await ended((await startImport({ uploadId: id, name: 'cut' })).id);
    expect(job.state).toBe('done');
  });

  it('is taken over from a connection that hangs', async () => {
    const { id } = await announce('x', 100);
    using hanging = await RawConnection.open(host.adminUrl);
    await hanging.write(
      head(
        `PATCH /api/v1/uploads/${id} HTTP/1.1`,
        'Host: localhost',
        `Authorization: Bearer ${host.adminToken}`,
        'Content-Type: application/octet-stream',
        'Upload-Offset: 0',
        'Content-Length: 100',
      ),
    );
    await hanging.write('x'.repeat(40));
    let offset = 0;
    await until('another writes', 5000, async () => {
      const answer = await piece(id, offset, Buffer.alloc(0));
      offset = answer.json<UploadView & { details?: { offsetBytes: number } }>().details?.offsetBytes ?? offset;
      return answer.status === 200 && offset === 40;
    });
    expect((await piece(id, 40, Buffer.alloc(60))).json()).toMatchObject({ offsetBytes: 100 });
    expect(await hanging.answer()).toBeUndefined();
    await host.admin(`/uploads/${id}`, { method: 'DELETE' });
  });

  it('says where it is to one who is wrong about it, and changes nothing', async () => {
    const { id } = await announce('x', 100);
    await piece(id, 0, Buffer.alloc(10));
    for (const offset of [0, 9, 11, 100]) {
      const answer = await piece(id, offset, Buffer.alloc(5));
      expect([answer.status, answer.json()]).toMatchObject([409, { code: 'conflict', details: { offsetBytes: 10 } }]);
    }
    expect((await piece(id, -1, Buffer.alloc(5))).status).toBe(400);
    expect(await offsetOf(id)).toBe(10);
    await host.admin(`/uploads/${id}`, { method: 'DELETE' });
  });

  it('takes no more than was announced, and nothing of a piece that is too long', async () => {
    const { id } = await announce('x', 1_000_000);
    await piece(id, 0, Buffer.alloc(500_000));
    const answer = await piece(id, 500_000, randomBytes(700_000));
    expect([answer.status, answer.json()]).toMatchObject([413, { code: 'payload-too-large' }]);
    await until('the connection has ended', 5000, async () => (await offsetOf(id)) === 500_000);
    await host.admin(`/uploads/${id}`, { method: 'DELETE' });
  });

  it('is refused where the disk has no room, with both numbers', async () => {
    const answer = await host.admin('/uploads', { body: JSON.stringify({ fileName: 'x', sizeBytes: 1e15 }) });
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(answer.json<{ error: string }>().error).toMatch(/1000000\.0 GB.*GB/);
    expect((await host.admin('/uploads')).json<UploadView[]>().filter(({ sizeBytes }) => sizeBytes === 1e15)).toEqual(
      [],
    );
  });

  it('has one of sixteen places', async () => {
    const made: string[] = [];
    let refused: HttpAnswer | undefined;
    while (refused === undefined && made.length < 20) {
      const answer = await host.admin('/uploads', { body: '{"fileName":"x","sizeBytes":1}' });
      if (answer.status === 201) made.push(answer.json<UploadView>().id);
      else refused = answer;
    }
    expect(refused?.json()).toMatchObject({ code: 'queue-full' });
    for (const id of made) await host.admin(`/uploads/${id}`, { method: 'DELETE' });
  });

  it.each(['..', '%2e%2e', 'x', '../../etc', '0'.repeat(32), '..%2f..%2frun.json'])(
    'is not found by the id %s',
    async (id) => {
      for (const method of ['GET', 'DELETE']) expect((await host.admin(`/uploads/${id}`, { method })).status).toBe(404);
    },
  );
});

describe('an import of an upload', () => {
  it('reports what is in the model and what its trial measured, and the upload is gone', async () => {
    const id = await upload('digits.onnx', digits);
    const job = await startImport({ uploadId: id, name: 'handwriting' });
    expect(job).toMatchObject({
      kind: 'import',
      title: 'Import digits.onnx',
      command: 'millrace models import digits.onnx --name handwriting',
    });
    const { state, result } = await ended(job.id);
    expect(state).toBe('done');
    const report = importReportSchema.parse(result);
    const [version] = report.versions as StoredVersionView[];
    expect(version).toMatchObject({
      state: 'imported',
      name: 'handwriting',
      version: '1',
      origin: { source: 'digits.onnx', sha256: createHash('sha256').update(digits).digest('hex') },
      model: { opsets: { 'ai.onnx': expect.any(Number) as number }, externalFiles: [] },
    });
    expect(version!.model.operators.length).toBeGreaterThan(0);
    expect(version!.trial.loadMs).toBeGreaterThan(0);
    expect(version!.trial.rssBytes).toBeGreaterThan(1e7);
    // This host serves another folder.
    expect(report.restartNeeded).toBe(true);
    expect((await host.admin(`/uploads/${id}`)).status).toBe(404);
    expect(await files(join(host.dataDirectory, 'staging'))).toEqual([]);
  });

  it('unpacks an archive, and shows progress', async () => {
    const archive = zip([
      { name: 'pair/1/model.onnx', content: digits },
      { name: 'pair/labels.txt', content: Buffer.from('0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n') },
    ]);
    const { state, result } = await ended((await startImport({ uploadId: await upload('pair.zip', archive) })).id);
    expect([state, (result as ImportReportView).versions[0]]).toMatchObject([
      'done',
      { name: 'pair', state: 'imported' },
    ]);
  });

  it('says what a wrong file is by the name that the client gave it, and keeps it for another try', async () => {
    const id = await upload('page.onnx', Buffer.from('<!doctype html><html><body>Sign in</body></html>'));
    const { state, error } = await ended((await startImport({ uploadId: id })).id);
    expect([state, error]).toMatchObject([
      'failed',
      { error: expect.stringMatching(/^page\.onnx is a web page/) as string },
    ]);
    expect(JSON.stringify(error)).not.toContain(host.dataDirectory);
    expect((await host.admin(`/uploads/${id}`)).status).toBe(200);
    await host.admin(`/uploads/${id}`, { method: 'DELETE' });
  });

  it('does not begin before the upload is complete, nor twice', async () => {
    const { id } = await announce('digits.onnx', digits.length);
    await piece(id, 0, digits.subarray(0, 100));
    const early = await host.admin('/imports', { body: JSON.stringify({ uploadId: id }) });
    expect([early.status, early.json()]).toMatchObject([409, { details: { offsetBytes: 100 } }]);
    await piece(id, 100, digits.subarray(100));
    const { id: job } = await startImport({ uploadId: id, name: 'once' });
    const again = await host.admin('/imports', { body: JSON.stringify({ uploadId: id, name: 'twice' }) });
    expect([409, 404]).toContain(again.status);
    expect((await ended(job)).state).toBe('done');
  });

  it('is refused without one source, with both, and with a path that is not whole', async () => {
    for (const wish of [{}, { uploadId: 'x', path: '/x' }, { path: 'models/x.onnx' }]) {
      expect((await host.admin('/imports', { body: JSON.stringify(wish) })).status, JSON.stringify(wish)).toBe(400);
    }
  });

  it('that is canceled while its model is tried leaves nothing: no version, no staging, no upload, no process', async () => {
    const samples = { inputs: [[ENDLESS_ABOVE + 1, 0, 0, 0]], expected: { y: [[ENDLESS_ABOVE + 1, 0, 0, 0]] } };
    const archive = zip([
      { name: 'endless/1/model.onnx', content: endlessLoopModel() },
      { name: 'endless/samples.json', content: Buffer.from(JSON.stringify(samples)) },
    ]);
    const id = await upload('endless.zip', archive);
    const before = (await files(join(host.dataDirectory, 'models'))).toSorted();
    const job = await startImport({ uploadId: id });
    await until('the model is tried', 30_000, async () =>
      (await host.admin(`/jobs/${job.id}`)).json<JobView>().progress.step.startsWith('Trying'),
    );
    expect((await host.admin(`/uploads/${id}`, { method: 'DELETE' })).status).toBe(409);
    const canceled = await host.admin(`/jobs/${job.id}/cancel`, { body: '{}' });
    expect(canceled.json()).toMatchObject({ state: 'canceled' });
    expect((await files(join(host.dataDirectory, 'models'))).toSorted()).toEqual(before);
    expect(await readdir(join(host.dataDirectory, 'staging'))).toEqual([]);
    expect(await files(join(host.dataDirectory, 'uploads'))).toEqual([]);
    // That its process is gone is seen when the host of this file is stopped.
  });
});

it('an upload goes on after the host was started again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-uploads-'));
  const start = () =>
    startHost(
      parseConfig({ models: demoModels, dataDirectory: folder, http: { port: 0 }, admin: { port: 0 } }, 'The test'),
      {
        log: createLog('silent', 'json'),
      },
    );
  const send = async (
    path: string,
    method: string,
    headers: Record<string, string>,
    body?: string | Buffer,
  ): Promise<UploadView> => {
    const { adminUrl, adminToken } = await new RunFile(folder).read();
    const response = await fetch(`${adminUrl}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${adminToken}`, ...headers },
      ...(body !== undefined && { body }),
    });
    expect(response.status, await response.clone().text()).toBeLessThan(300);
    return (await response.json()) as UploadView;
  };
  const first = await start();
  const { id } = await send(
    '/uploads',
    'POST',
    { 'Content-Type': 'application/json' },
    JSON.stringify({ fileName: 'digits.onnx', sizeBytes: digits.length }),
  );
  const octets = { 'Content-Type': 'application/octet-stream' };
  await send(`/uploads/${id}`, 'PATCH', { ...octets, 'Upload-Offset': '0' }, digits.subarray(0, 20_000));
  await first.stop();
  const second = await start();
  try {
    expect(await send(`/uploads/${id}`, 'GET', {})).toMatchObject({ fileName: 'digits.onnx', offsetBytes: 20_000 });
    const complete = await send(
      `/uploads/${id}`,
      'PATCH',
      { ...octets, 'Upload-Offset': '20000' },
      digits.subarray(20_000),
    );
    expect(complete.offsetBytes).toBe(digits.length);
    const path = (await files(join(folder, 'uploads'))).find((each) => each.endsWith('content'));
    expect(await readFile(path!)).toEqual(digits);
  } finally {
    await second.stop();
    await rm(folder, { recursive: true });
  }
});
