/** Models as people have them, from an archive to an answer. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixedBatchModel } from '../support/awkward-models.ts';
import { millrace, StoreHost } from '../support/millrace-command.ts';
import { identityModel } from '../support/models.ts';
import { binaryRequest } from '../support/oip-request.ts';
import { tar } from '../support/tar-writer.ts';
import { scaleModel } from '../support/versioned-models.ts';

let folder: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-served-'));
  data = join(folder, 'data');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function imported(file: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, file);
  await writeFile(path, bytes);
  const { code, stdout, stderr } = await millrace('models', 'import', path, '--data', data);
  expect(code, stderr).toBe(0);
  return stdout;
}

describe('an imported model', () => {
  it('comes from a tar.gz with two versions, and the newer one answers', async () => {
    const archive = gzipSync(
      tar([
        { name: './scale/1/model.onnx', content: scaleModel(1) },
        { name: './scale/2/model.onnx', content: scaleModel(2) },
      ]),
    );
    expect(await imported('scale.tar.gz', archive)).toMatch(
      /Imported scale, version 1[\s\S]*Imported scale, version 2/,
    );
    await using host = await StoreHost.start(data);
    const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [3] }] };
    expect(await host.post('/v2/models/scale/infer', body)).toMatchObject({
      model_version: '2',
      outputs: [{ data: [6] }],
    });
  });

  it('of float16 is served, over the binary extension', async () => {
    await imported('half.onnx', identityModel('FLOAT16', ['batch', 2]));
    await using host = await StoreHost.start(data);
    // 1.5 and -2 as half floats.
    const raw = Buffer.from([0x00, 0x3e, 0x00, 0xc0]);
    const request = binaryRequest(
      {
        inputs: [{ name: 'x', datatype: 'FP16', shape: [1, 2], parameters: { binary_data_size: 4 } }],
        parameters: { binary_data_output: true },
      },
      raw,
    );
    const response = await fetch(`${host.inferenceUrl}/v2/models/half/infer`, {
      method: 'POST',
      headers: request.headers,
      body: Buffer.from(request.body),
    });
    expect(response.status).toBe(200);
    const answer = Buffer.from(await response.arrayBuffer());
    expect(answer.subarray(Number(response.headers.get('inference-header-content-length')))).toEqual(raw);
  });

  it('with a fixed batch of one is served without batching, and says so everywhere', async () => {
    expect(await imported('fixed.onnx', fixedBatchModel())).toContain('The batch is fixed at 1');
    await using host = await StoreHost.start(data);
    const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] };
    const answers = await Promise.all(Array.from({ length: 20 }, () => host.post('/v2/models/fixed/infer', body)));
    for (const answer of answers) expect(answer).toMatchObject({ outputs: [{ data: [2, 4, 6, 8] }] });
    const config = (await (await fetch(`${host.inferenceUrl}/v2/models/fixed/config`)).json()) as object;
    expect(config).toMatchObject({ max_batch_size: 0 });
    const list = await millrace('models', 'list', '--data', data);
    expect(list.stdout).toContain("Requests run one by one: the first dimension of input 'x' is fixed at 1.");
  });
});
