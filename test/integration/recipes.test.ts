/**
 * Recipes end to end: pictures, tables and forms over HTTP, decoded in real replicas, against the answers of Pillow and numpy.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers, bytesOf, image } from '../support/images.ts';
import { boxRows, recipeModels } from '../support/recipe-models.ts';
import { refuses } from '../support/refusal.ts';
import { TestHost } from '../support/test-host.ts';
import type { HttpAnswer } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start({ models: recipeModels });
}, 120_000);
afterAll(() => host[Symbol.asyncDispose]());

const send = (model: string, body: string | Uint8Array, type?: string): Promise<HttpAnswer> =>
  host.send(`/predict/${model}`, { body, headers: type === undefined ? {} : { 'Content-Type': type } });

/** What the model was given, as it gives it back. */
function given(answer: HttpAnswer): number[] {
  expect(answer.status, answer.text).toBe(200);
  const { prediction } = answer.json<{ prediction: { y: unknown } }>();
  return [prediction.y].flat(Infinity) as number[];
}

const floatsOf = (base64: string): number[] => [...new Float32Array(bytesOf(base64).buffer)];

const modelOf = { torchvision: 'echo', letterbox: 'letterbox', '8 × 8': 'gray', transparent: 'background' };

describe('a picture', () => {
  it.each(answers.prepared)(
    'becomes the numbers of Pillow and numpy: $file, $what',
    async ({ file, what, type, data }) => {
      const model = Object.entries(modelOf).find(([start]) => what.startsWith(start))![1];
      const numbers = given(await send(model, image(file)));
      const expected = type === 'uint8' ? [...bytesOf(data)] : floatsOf(data);
      expect(numbers).toHaveLength(expected.length);
      const most = Math.max(...numbers.map((value, at) => Math.abs(value - expected[at]!)));
      // A JPEG decodes alike to a shade; 0.0175 is one shade after the division by the deviation. Else only float32 rounds.
      expect(most).toBeLessThanOrEqual(file.endsWith('.jpg') ? 0.0176 : type === 'uint8' ? 1 : 2e-6);
      if (type === 'uint8' && what.startsWith('letterbox')) expect(most).toBe(0);
    },
  );

  it('is known by its bytes, whatever Content-Type says', async () => {
    for (const type of [undefined, 'image/png', 'application/x-www-form-urlencoded', 'application/octet-stream']) {
      expect((await send('gray', image('rgb.png'), type)).status).toBe(200);
    }
  });

  it('may be in a form, as Base64 in JSON, and as BYTES of the Open Inference Protocol', async () => {
    const expected = given(await send('gray', image('rgb.png')));
    const b64 = image('rgb.png').toString('base64');
    const form = new FormData();
    form.append('photo', new Blob([new Uint8Array(image('rgb.png'))], { type: 'image/png' }), 'rgb.png');
    const encoded = new Response(form);
    const body = new Uint8Array(await encoded.arrayBuffer());
    for (const answer of [
      await send('gray', body, encoded.headers.get('content-type')!),
      await host.post('/predict/gray', { features: { b64 } }),
      await host.post('/predict/gray', { inputs: { x: b64 } }),
      await host.post('/predict/gray', { inputs: { x: `data:image/png;base64,${b64}` } }),
    ]) {
      expect(given(answer)).toEqual(expected);
    }
    const oip = await host.infer('gray', { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data: [b64] }] });
    expect(oip.json<{ outputs: { data: number[] }[] }>().outputs[0]!.data).toEqual(expected);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(image('rgb.png').length);
    const element = Buffer.concat([length, image('rgb.png')]);
    const binary = await host.inferBinary(
      'gray',
      { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: element.length } }] },
      element,
    );
    expect(binary.json<{ outputs: { data: number[] }[] }>().outputs[0]!.data).toEqual(expected);
    const raw = await host.send('/v2/models/gray/infer', {
      body: image('rgb.png'),
      headers: { 'Inference-Header-Content-Length': '0' },
    });
    expect(raw.status, raw.text).toBe(200);
    const bits = new Float32Array(new Uint8Array(raw.body.subarray(-256)).buffer);
    expect(bits).toEqual(Float32Array.from(expected));
  });

  it('has rows where there are several, and its metadata says that it may be sent', async () => {
    const [one, two] = [image('rgb.png'), image('gray.png')];
    const both = [given(await send('gray', one)), given(await send('gray', two))];
    const answer = await host.post('/predict/gray', {
      inputs: { x: [{ b64: one.toString('base64') }, { b64: two.toString('base64') }] },
    });
    expect(
      answer.json<{ predictions: { prediction: { y: number[] } }[] }>().predictions.map((row) => row.prediction.y),
    ).toEqual(both);
    const metadata = (await host.send('/v2/models/gray')).json<{
      inputs: { datatype: string; parameters: object }[];
    }>();
    expect(metadata.inputs[0]).toMatchObject({
      datatype: 'FP32',
      parameters: { content_type: 'image/jpeg,image/png,image/webp', encoded_datatype: 'BYTES' },
    });
    expect((await host.send('/v2/models/plain')).json<{ inputs: object[] }>().inputs[0]).not.toHaveProperty(
      'parameters',
    );
  });

  it('shares runs with other pictures and with numbers, and each gets its own answer', async () => {
    const files = ['rgb.png', 'gray.png', 'rgba.png', 'photo.jpg', 'lossy.webp'];
    const alone = new Map<string, number[]>();
    for (const file of files) alone.set(file, given(await send('gray', image(file))));
    const numbers = Array.from({ length: 64 }, (_, at) => at / 4);
    const before = await host.metric('nv_inference_exec_count', 'gray');
    const all = await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        if (at % 7 === 0)
          return expect(given(await host.post('/predict/gray', { features: numbers }))).toEqual(numbers);
        const file = files[at % files.length]!;
        return expect(given(await send('gray', image(file)))).toEqual(alone.get(file));
      }),
    );
    expect(all).toHaveLength(200);
    const runs = (await host.metric('nv_inference_exec_count', 'gray')) - before;
    expect(runs).toBeLessThan(150);
  });

  it('is not fetched from anywhere', async () => {
    const url = 'http://127.0.0.1:1/x.png';
    for (const body of [
      { features: { url } },
      { inputs: { x: { url } } },
      { inputs: { x: url } },
      { inputs: { x: [{ b64: '', url }] } },
    ]) {
      refuses(await host.post('/predict/gray', body), 400, 'invalid-tensor', 'fetches nothing');
    }
    const infer = { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1], data: [url] }] };
    refuses(await host.infer('gray', infer), 400, 'invalid-tensor', 'fetches nothing');
  });

  it('is refused with a sentence by a model that takes none', async () => {
    refuses(await send('plain', image('rgb.png')), 415, 'unsupported-media-type', 'takes no pictures');
    refuses(await send('mixed', image('rgb.png')), 415, 'unsupported-media-type', '2 inputs');
    refuses(await host.send('/predict', { body: image('rgb.png') }), 400, 'invalid-request', 'names no model');
  });
});

describe('a table', () => {
  const rows = [
    [20, 0, 1],
    [-40, 1, 2],
    [0.5, 2, 1],
  ];
  const predictions = (answer: HttpAnswer): number[][] => {
    expect(answer.status, answer.text).toBe(200);
    return answer.json<{ predictions: { prediction: { y: number[] } }[] }>().predictions.map((row) => row.prediction.y);
  };

  it('is a CSV in any of the ways that people save one', async () => {
    for (const text of [
      '20,steel,day\n-40,brass,night\n0.5,copper,day\n',
      'temperature,material,shift\n20,steel,day\n-40,brass,night\n0.5,copper,day',
      '\ufeffShift;Temperature;comment;Material\r\nday;20;"a;b";steel\r\nnight;-40;;brass\r\nday;0,5;;copper\r\n',
      'temperature\tmaterial\tshift\n20\t\tday\n-40\tbrass\tnight\n5e-1\t2\t1\n',
    ]) {
      expect(predictions(await send('table', text, 'text/csv'))).toEqual(rows);
    }
  });

  it('is a form, one row', async () => {
    const fields = new URLSearchParams({ temperature: '0,5', material: 'copper', shift: 'day' }).toString();
    expect(given(await send('table', fields, 'application/x-www-form-urlencoded'))).toEqual([0.5, 2, 1]);
    const form = new FormData();
    form.append('temperature', '20');
    form.append('shift', 'night');
    const encoded = new Response(form);
    const body = new Uint8Array(await encoded.arrayBuffer());
    expect(given(await send('table', body, encoded.headers.get('content-type')!))).toEqual([20, 0, 2]);
  });

  it('takes words and leaves out what has a default in JSON, too', async () => {
    const answer = await host.post('/predict/table', { features: { temperature: 20, shift: 'night' } });
    expect(given(answer)).toEqual([20, 0, 2]);
    const many = await host.post('/predict/table', {
      features: [
        [20, 'steel', 'day'],
        [-40, 1, 2],
      ],
    });
    expect(predictions(many)).toEqual(rows.slice(0, 2));
    const words = await host.post('/predict/words', { features: [['one'], ['two']] });
    expect(
      words.json<{ predictions: { prediction: object }[] }>().predictions.map(({ prediction }) => prediction),
    ).toEqual([
      { code: [0], translation: ['eins'] },
      { code: [1], translation: ['zwei'] },
    ]);
  });

  it('is refused with the name, the unit and the range', async () => {
    for (const [features, ...parts] of [
      [{ temperature: 201, shift: 'day' }, '"temperature" is 201', '-40 to 200 °C'],
      [{ temperature: 20, material: 'stel', shift: 'day' }, 'did you mean "steel"?', '"brass"'],
      [{ temperature: 20, shift: 3 }, '"shift" is 3', '"night"'],
      [{ temperature: null, shift: 1 }, '"temperature" is null'],
    ] as const) {
      const answer = await host.post('/predict/table', { features });
      for (const part of parts) refuses(answer, 400, 'invalid-tensor', part);
    }
    refuses(await send('table', '20,steel,day\n999,steel,day', 'text/csv'), 400, 'invalid-tensor', 'in row 2');
    refuses(
      await send('table', 'temp,material,shift\n1,steel,day', 'text/csv'),
      400,
      'invalid-request',
      '"temperature"',
    );
    refuses(
      await send('table', 'temperature=1&shft=day', 'application/x-www-form-urlencoded'),
      400,
      'invalid-request',
      'did you mean "shift"?',
    );
    refuses(await send('table', '1,steel\n', 'text/csv'), 400, 'invalid-request', 'has 2 values');
    refuses(await send('echo', '1,2,3\n', 'text/csv'), 400, 'invalid-request', 'takes no table');
  });

  it('is taken by a model without a recipe by place', async () => {
    expect(predictions(await send('plain', '1,2\n3.5,4', 'text/csv'))).toEqual([
      [1, 2],
      [3.5, 4],
    ]);
  });

  it('goes together with a picture in a form', async () => {
    const form = new FormData();
    form.append('weight', '1000');
    form.append('picture', new Blob([new Uint8Array(image('bits.png'))]), 'x.png');
    const encoded = new Response(form);
    const answer = await send(
      'mixed',
      new Uint8Array(await encoded.arrayBuffer()),
      encoded.headers.get('content-type')!,
    );
    expect(answer.status, answer.text).toBe(200);
    const { prediction, unit } = answer.json<{ prediction: number; unit: string }>();
    expect(unit).toBe('g');
    expect(prediction).toBeGreaterThan(1000);
    expect(prediction).toBeLessThanOrEqual(1000 + 4 * 255);
  });
});

describe('an answer', () => {
  it('has the likeliest classes with their labels', async () => {
    const answer = await host.post('/predict/scores', { features: [1, 3, 2, -1000] });
    const sum = Math.exp(1) + Math.exp(3) + Math.exp(2);
    const { top, ...rest } = answer.json<{ top: { label: string; class: number; score: number }[] }>();
    expect(rest).toMatchObject({ prediction: 'b', label: 1 });
    expect(rest).not.toHaveProperty('probabilities');
    expect(top.map(({ label, class: index }) => [label, index])).toEqual([
      ['b', 1],
      ['c', 2],
    ]);
    expect(top[0]!.score).toBeCloseTo(Math.exp(3) / sum, 6);
    expect(top[1]!.score).toBeCloseTo(Math.exp(2) / sum, 6);
  });

  it('has boxes in the pixels of the picture that was sent', async () => {
    const answer = await send('boxes', image('rgb.png'));
    // 61 × 43 in 32 × 32: scaled by 32/61 to 32 × 23 with 4 lines above.
    const x = (value: number): number => Math.round(((value * 61) / 32) * 100) / 100;
    const y = (value: number): number => Math.round(Math.min(43, Math.max(0, ((value - 4) * 43) / 23)) * 100) / 100;
    const box = ([left, top, right, bottom]: readonly number[]) => ({
      x: x(left!),
      y: y(top!),
      width: expect.closeTo(x(right!) - x(left!), 1),
      height: expect.closeTo(y(bottom!) - y(top!), 1),
    });
    expect(answer.json()).toMatchObject({
      size: { width: 61, height: 43 },
      prediction: [
        { label: 'nut', class: 1, score: 0.9, box: box(boxRows[0]!) },
        { label: 'screw', class: 0, score: 0.8, box: box(boxRows[2]!) },
      ],
    });
    const turned = await send('boxes', image('exif-6.jpg'));
    expect(turned.json<{ size: object }>().size).toEqual({ width: 43, height: 61 });
  });
});
