/** Every datatype of the Open Inference Protocol, in JSON and in binary, through models that answer what they are asked. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CARRIED_TYPES, identityModel } from '../support/models.ts';
import { readAnswer, stringBytes } from '../support/oip-request.ts';
import { expectRefusal } from '../support/refusal.ts';
import { TestHost } from '../support/test-host.ts';

let host: TestHost;
beforeAll(async () => {
  const models = CARRIED_TYPES.map(({ type, datatype }) => ({
    name: `identity-${datatype}`,
    bytes: identityModel(type),
  }));
  host = await TestHost.start({ models });
});
afterAll(() => host[Symbol.asyncDispose]());

/** JSON text of a request for an identity model, so that tokens beyond JSON.stringify can stand in it. */
function identityText(datatype: string, shape: readonly number[], data: string): string {
  return `{"inputs":[{"name":"x","datatype":"${datatype}","shape":[${shape.join(',')}],"data":${data}}]}`;
}

describe('datatypes in JSON', () => {
  it.each([
    ['BOOL', '[true,false,true]'],
    ['UINT8', '[0,255,7]'],
    ['UINT16', '[0,65535,7]'],
    ['UINT32', '[0,4294967295,7]'],
    ['UINT64', '[0,18446744073709551615,9007199254740993]'],
    ['INT8', '[-128,127,7]'],
    ['INT16', '[-32768,32767,7]'],
    ['INT32', '[-2147483648,2147483647,7]'],
    ['INT64', '[-9223372036854775808,9223372036854775807,-9007199254740993]'],
    ['FP32', '[0.7,NaN,-Infinity]'],
    ['FP32', '[-0,1.401298464324817e-45,3.4028234663852886e+38]'],
    ['FP64', '[0.1,Infinity,-1.7976931348623157e+308]'],
    ['BYTES', '["größe 🙂","","\\u0001\\n\\"quoted\\""]'],
  ])('brings %s %s back as it was sent', async (datatype, data) => {
    const answer = await host.send(`/v2/models/identity-${datatype}/infer`, {
      body: identityText(datatype, [1, 3], data),
    });
    expect(answer.status, answer.text).toBe(200);
    const written = /"data":(\[.*\])\}\]\}$/.exec(answer.text)?.[1];
    expect(written).toBe(data);
  });

  it.each([
    ['UINT8', '[256,0]', /element 0 is 256/],
    ['INT8', '[0,-129]', /element 1 is -129/],
    ['INT32', '[1.5,0]', /element 0 is 1.5/],
    ['INT64', '[9223372036854775808,0]', /element 0 is 9223372036854775808/],
    ['UINT64', '[-1,0]', /element 0 is -1/],
    ['BOOL', '[1,true]', /element 0 is 1.*true or false/],
    ['FP32', '["1",0]', /element 0 is "1"/],
    ['FP32', '[null,0]', /element 0 is null/],
    ['FP32', '[1e39,0]', /element 0 is 1e\+39/],
    ['BYTES', '[1,"a"]', /element 0 is 1/],
    ['BYTES', '["a\\u0000b","c"]', /element 0 contains a NUL character/],
  ])('refuses %s %s with the element and what may stand there', async (datatype, data, error) => {
    const body = identityText(datatype, [1, 2], data);
    expectRefusal(await host.send(`/v2/models/identity-${datatype}/infer`, { body }), 400, error);
  });

  it('refuses FP16 in JSON both ways and names the binary extension', async () => {
    const body = identityText('FP16', [1, 1], '[1]');
    const error = /FP16, which JSON cannot carry.*binary tensor data extension/;
    expectRefusal(await host.send('/v2/models/identity-FP16/infer', { body }), 400, error);
    const input = { name: 'x', datatype: 'FP16', shape: [1, 1], parameters: { binary_data_size: 2 } };
    expectRefusal(await host.inferBinary('identity-FP16', { inputs: [input] }, Buffer.alloc(2)), 400, error);
  });
});

describe('datatypes in binary', () => {
  it.each([
    ['BOOL', [1, 0, 1]],
    ['UINT8', [0, 255, 7]],
    ['INT8', [0x80, 0x7f, 7]],
    ['UINT16', [0, 0, 0xff, 0xff, 7, 0]],
    ['INT16', [0, 0x80, 0xff, 0x7f, 7, 0]],
    ['UINT32', [0, 0, 0, 0, 255, 255, 255, 255, 7, 0, 0, 0]],
    ['INT32', [0, 0, 0, 0x80, 255, 255, 255, 0x7f, 7, 0, 0, 0]],
    ['UINT64', [...new Uint8Array(8), ...new Uint8Array(8).fill(255), 7, 0, 0, 0, 0, 0, 0, 0]],
    ['INT64', [0, 0, 0, 0, 0, 0, 0, 0x80, 255, 255, 255, 255, 255, 255, 255, 0x7f, 7, 0, 0, 0, 0, 0, 0, 0]],
    // 1.5, NaN with a payload, the smallest subnormal: bits, not values.
    ['FP16', [0x00, 0x3e, 0x01, 0x7e, 0x01, 0x00]],
    ['FP32', [0, 0, 0xc0, 0x3f, 1, 0, 0xc0, 0x7f, 1, 0, 0, 0]],
    ['FP64', [...new Uint8Array(6), 0xf8, 0x3f, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f, 1, ...new Uint8Array(7)]],
    ['BYTES', [...stringBytes('größe 🙂', '', 'a"b')]],
  ])('brings the bytes of %s back unchanged', async (datatype, bytes) => {
    const input = { name: 'x', datatype, shape: [1, 3], parameters: { binary_data_size: bytes.length } };
    const request = { parameters: { binary_data_output: true }, inputs: [input] };
    const answer = await host.inferBinary(`identity-${datatype}`, request, Uint8Array.from(bytes));
    expect(answer.status, answer.text).toBe(200);
    const { json, raw } = readAnswer(answer);
    expect(json.outputs).toEqual([
      { name: 'y', datatype, shape: [1, 3], parameters: { binary_data_size: bytes.length } },
    ]);
    expect([...raw.get('y')!]).toEqual(bytes);
  });

  it.each([
    ['BOOL', Uint8Array.of(0, 2), /element 1 is the byte 2/],
    ['FP32', Buffer.alloc(4), /4 bytes of binary data, but FP32 of shape \[1,2\] is 8/],
    ['BYTES', stringBytes('a\0b', 'c'), /element 0 contains a NUL character/],
    ['BYTES', stringBytes(Uint8Array.of(0xff, 0xfe), 'c'), /element 0 is not valid UTF-8/],
    ['BYTES', stringBytes('only one'), /end inside element 1 of the 2/],
    ['BYTES', stringBytes('a', 'b', 'c'), /unexpected additional input data/],
    ['BYTES', Uint8Array.of(255, 255, 255, 255, 0), /end inside element 0/],
  ])('refuses %s bytes that are not the tensor', async (datatype, bytes, error) => {
    const input = { name: 'x', datatype, shape: [1, 2], parameters: { binary_data_size: bytes.length } };
    expectRefusal(await host.inferBinary(`identity-${datatype}`, { inputs: [input] }, bytes), 400, error);
  });
});
