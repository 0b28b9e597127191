import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { refuseUnparsed } from '../../server/gateway/parser-refusal.ts';

async function answerTo(code: string, rawPacket = Buffer.from('POST')): Promise<string> {
  const socket = new PassThrough();
  refuseUnparsed(Object.assign(new Error('from the parser'), { code, rawPacket }), socket);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('a request that cannot be parsed', () => {
  it.each([
    ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large', '16 KiB'],
    ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout', 'in time'],
    ['HPE_INVALID_METHOD', '400 Bad Request', 'method is unknown'],
    ['HPE_INVALID_CONTENT_LENGTH', '400 Bad Request', 'well-formed'],
  ])('for %s is answered %s with a sentence, and the connection closes', async (code, status, sentence) => {
    const answer = await answerTo(code);
    const [head, body] = answer.split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status}`);
    expect(head).toContain('Connection: close');
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body!)}`);
    expect((JSON.parse(body!) as { error: string }).error).toContain(sentence);
  });

  it('that is https is told that this port speaks http', async () => {
    expect(await answerTo('HPE_INVALID_METHOD', Buffer.from([0x16, 3, 1]))).toContain('came as https');
  });

  it('gets nothing where the client has gone', () => {
    const socket = new PassThrough();
    refuseUnparsed(Object.assign(new Error('gone'), { code: 'ECONNRESET' }), socket);
    expect(socket.destroyed).toBe(true);
    expect(socket.read()).toBeNull();
  });
});
