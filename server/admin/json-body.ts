/** Reads the JSON body of an admin request: bounded in bytes and time, strict in what it is. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { MillraceError } from '../base/errors.ts';
import { parseJsonDocument } from '../protocol/json-document.ts';

/** 1 MB: settings and lists are kilobytes; models come as uploads. */
const maxBodyBytes = 1_000_000;

/** A body from the same machine takes milliseconds. */
const bodyTimeoutMs = 10_000;

/** Throws `unsupported-media-type` unless the request says that it carries JSON, which no foreign page can say unasked. */
export function requireMediaType(request: IncomingMessage, expected: string): void {
  const type = request.headers['content-type']?.split(';')[0]!.trim().toLowerCase();
  if (type === expected) return;
  throw new MillraceError(
    'unsupported-media-type',
    type === undefined
      ? 'The request does not say what its body is.'
      : `The body is ${type.slice(0, 80)}; this route takes ${expected}.`,
    { hint: `Send Content-Type: ${expected}.` },
  );
}

/** The parsed body; an empty one is `{}`. Throws `payload-too-large`, `invalid-json`, `deadline-exceeded`, `client-gone`. */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(request);
  return bytes.length === 0 ? {} : parseJsonDocument(bytes);
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge();
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) reject(tooLarge());
    else chunks.push(chunk);
  };
  const timer = setTimeout(() => {
    reject(new MillraceError('deadline-exceeded', `The body was not complete within ${bodyTimeoutMs / 1000} s.`));
  }, bodyTimeoutMs);
  request.on('data', onData);
  request.on('end', () => resolve(Buffer.concat(chunks)));
  request.on('close', () =>
    reject(new MillraceError('client-gone', 'The client left before its request was complete.')),
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    request.off('data', onData);
  }
}

/** The value in the schema's shape. Throws `invalid-request` that names each member that is wrong. */
export function parseInput(schema: z.ZodType, value: unknown, where: 'body' | 'query'): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues
    .slice(0, 10)
    .map(({ path, message }) => `${path.join('.') || `the ${where}`}: ${message}`);
  throw new MillraceError('invalid-request', `The ${where} cannot be used: ${faults.join('; ')}.`, {
    hint: 'The page /reference lists what each route takes.',
  });
}

function tooLarge(): MillraceError {
  return new MillraceError('payload-too-large', `The body has more than ${maxBodyBytes} bytes.`, {
    hint: 'Send models as uploads.',
    details: { limitBytes: maxBodyBytes },
  });
}
