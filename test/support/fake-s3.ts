/**
 * An S3 server that misbehaves as it is told: it lists, reads and writes as S3 does, and a hook may answer any request instead of it.
 * Signatures are not checked; the key that a request names is.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeObject {
  readonly sizeBytes: number;
  readonly etag: string;
  /** Bytes from `from` to the end of the object, in pieces. */
  read(from: number): Iterable<Buffer>;
}

/** True where it has answered, or will. */
export type Hook = (request: IncomingMessage, response: ServerResponse, key: string | undefined) => boolean;

export class FakeS3 implements AsyncDisposable {
  readonly objects = new Map<string, FakeObject>();
  /** Method and target of every request, in order. */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  pageSize = 1000;
  /** Undefined: anyone may. */
  accessKeyId: string | undefined;
  hook: Hook = () => false;
  readonly endpoint: string;
  readonly #server: Server;
  readonly #parts = new Map<number, Buffer>();

  private constructor(server: Server) {
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<FakeS3> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const fake = new FakeS3(server);
    server.on('request', (request, response) => fake.#serve(request, response));
    return fake;
  }

  put(key: string, bytes: Buffer | string): void {
    const content = Buffer.from(bytes);
    this.objects.set(key, {
      sizeBytes: content.length,
      etag: createHash('md5').update(content).digest('hex'),
      *read(from) {
        for (let at = from; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
      },
    });
  }

  bytesOf(key: string): Buffer {
    return Buffer.concat([...this.objects.get(key)!.read(0)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, this.endpoint);
    this.requests.push(`${request.method} ${request.url}`);
    this.headers.push(request.headers);
    const [, ...parts] = url.pathname.split('/').slice(1);
    const key = parts.length === 0 || parts[0] === '' ? undefined : decodeURIComponent(parts.join('/'));
    response.on('error', () => {});
    if (this.hook(request, response, key)) return;
    const authorization = request.headers.authorization ?? '';
    if (this.accessKeyId !== undefined && !authorization.includes(`Credential=${this.accessKeyId}/`)) {
      return fail(response, 403, authorization === '' ? 'AccessDenied' : 'InvalidAccessKeyId');
    }
    if (key !== undefined && url.searchParams.has('uploadId')) return void this.#takePart(request, response, key, url);
    if (key !== undefined && url.searchParams.has('uploads')) return startUpload(response);
    if (request.method === 'PUT' && key !== undefined) return void this.#store(request, response, key);
    if (request.method !== 'GET') return fail(response, 405, 'MethodNotAllowed');
    if (key === undefined) return this.#list(url, response);
    this.#read(request, response, key);
  }

  #list(url: URL, response: ServerResponse): void {
    const prefix = url.searchParams.get('prefix') ?? '';
    const after = url.searchParams.get('continuation-token') ?? '';
    const encode = url.searchParams.get('encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    const page = keys.slice(0, this.pageSize);
    const isTruncated = keys.length > page.length;
    const contents = page.map((key) => {
      const { etag, sizeBytes } = this.objects.get(key)!;
      return `<Contents><Key>${encode(key)}</Key><ETag>&quot;${etag}&quot;</ETag><Size>${sizeBytes}</Size></Contents>`;
    });
    response.setHeader('Content-Type', 'application/xml');
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>models</Name><EncodingType>url</EncodingType>` +
        `<IsTruncated>${isTruncated}</IsTruncated><KeyCount>${page.length}</KeyCount>${contents.join('')}` +
        `${isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''}</ListBucketResult>`,
    );
  }

  #read(request: IncomingMessage, response: ServerResponse, key: string): void {
    const object = this.objects.get(key);
    if (object === undefined) return fail(response, 404, 'NoSuchKey');
    const wanted = request.headers['if-match'];
    if (wanted !== undefined && wanted !== `"${object.etag}"`) return fail(response, 412, 'PreconditionFailed');
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from > 0 && from >= object.sizeBytes) return fail(response, 416, 'InvalidRange');
    response.setHeader('ETag', `"${object.etag}"`);
    response.setHeader('Content-Length', object.sizeBytes - from);
    if (from > 0) {
      response.statusCode = 206;
      response.setHeader('Content-Range', `bytes ${from}-${object.sizeBytes - 1}/${object.sizeBytes}`);
    }
    const pieces = object.read(from)[Symbol.iterator]();
    const more = (): void => {
      for (let piece = pieces.next(); piece.done !== true; piece = pieces.next()) {
        if (!response.write(piece.value)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  }

  /** One upload in parts at a time. */
  async #takePart(request: IncomingMessage, response: ServerResponse, key: string, url: URL): Promise<void> {
    const bytes = await bodyOf(request);
    if (request.method === 'PUT') {
      this.#parts.set(Number(url.searchParams.get('partNumber')), bytes);
      response.setHeader('ETag', '"part"');
      return void response.end();
    }
    if (request.method === 'POST') {
      this.put(key, Buffer.concat([...this.#parts].toSorted(([a], [b]) => a - b).map(([, part]) => part)));
      const { etag } = this.objects.get(key)!;
      response.end(`<CompleteMultipartUploadResult><ETag>"${etag}"</ETag></CompleteMultipartUploadResult>`);
    } else response.end();
    this.#parts.clear();
  }

  async #store(request: IncomingMessage, response: ServerResponse, key: string): Promise<void> {
    this.put(key, await bodyOf(request));
    response.setHeader('ETag', `"${this.objects.get(key)!.etag}"`);
    response.end();
  }
}

function startUpload(response: ServerResponse): void {
  response.end('<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

export function fail(response: ServerResponse, status: number, code: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/xml');
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
}
