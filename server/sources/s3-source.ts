/**
 * An S3 bucket as a source, on any server that speaks S3: the only file that knows the SDK, which costs 39 MB of memory and is
 * therefore loaded by open-source.ts only where an S3 source is used.
 *
 * The SDK signs, builds and parses; what guards the machine is here and around it: every connection through checked agents, no
 * redirect followed, no answer larger than a page of keys but an object's bytes, no retry of its own (back-off.ts has ours).
 */
import { readFile } from 'node:fs/promises';
import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput, ListObjectsV2CommandOutput, S3ClientConfig } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { S3Settings } from '../protocol/admin/source-settings.ts';
import { checkedHttpAgent, checkedHttpsAgent } from './checked-agent.ts';
import type { Resolve } from './checked-agent.ts';
import { changed, tooMany } from './directory-source.ts';
import { parseEndpoint } from './endpoint-check.ts';
import { sourceLimits } from './model-source.ts';
import type { ModelSource, OpenedObject, OpenOptions, PutOptions, SourceEntry } from './model-source.ts';
import { s3Address } from './s3-address.ts';
import { s3Failure } from './s3-errors.ts';
import type { StoredKey } from './secrets-file.ts';
import { sourceFailure } from './source-failure.ts';

export interface S3Timeouts {
  /** To a connection, TLS included. 5 s: a packet lost twice on the way. */
  readonly connectMs: number;
  /** To the head of an answer. 30 s: a busy server lists a thousand keys in one. */
  readonly answerMs: number;
}

export interface S3SourceParts {
  readonly timeouts?: S3Timeouts;
  readonly resolve?: Resolve;
}

const defaultTimeouts: S3Timeouts = { connectMs: 5000, answerMs: 30_000 };
/** Three downloads, and a listing beside them. */
const maxSockets = 4;
/** Empty pages are allowed by the protocol; a server that sends nothing else is not one. */
const maxPages = 1000;
/** Of an upload in parts: two of them are in memory. 10,000 parts of it are 160 GB. */
const partBytes = 16 * 1024 * 1024;
const parallelParts = 2;

export class S3Source implements ModelSource {
  readonly address: string;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  private constructor(settings: S3Settings, client: S3Client) {
    this.address = s3Address(settings);
    this.#client = client;
    this.#bucket = settings.bucket;
    this.#prefix = settings.prefix === '' ? '' : `${settings.prefix}/`;
  }

  /** Without `key` the credentials are AWS's own: environment, ~/.aws, single sign-on, the machine's role. */
  static async open(settings: S3Settings, key: StoredKey | undefined, parts: S3SourceParts = {}): Promise<S3Source> {
    const { connectMs, answerMs } = parts.timeouts ?? defaultTimeouts;
    const endpoint = settings.endpoint === undefined ? undefined : parseEndpoint(settings.endpoint, settings);
    const agentOptions = {
      allowPrivateEndpoint: settings.allowPrivateEndpoint,
      maxSockets,
      ...(settings.caFile !== undefined && { ca: [...getCACertificates(), await readCa(settings.caFile)] }),
      ...(parts.resolve !== undefined && { resolve: parts.resolve }),
    };
    const config: S3ClientConfig = {
      region: settings.region,
      forcePathStyle: settings.pathStyle ?? endpoint !== undefined,
      maxAttempts: 1,
      followRegionRedirects: false,
      // Servers other than Amazon's do not know the newer checksums; the manifest has SHA-256.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        httpAgent: checkedHttpAgent(agentOptions),
        httpsAgent: checkedHttpsAgent(agentOptions),
        connectionTimeout: connectMs,
        requestTimeout: answerMs,
        throwOnRequestTimeout: true,
      },
      ...(endpoint !== undefined && { endpoint: endpoint.href }),
      ...(key !== undefined && { credentials: { ...key } }),
    };
    const client = new S3Client(
      settings.anonymous ? { ...config, signer: { sign: async (request) => request } } : config,
    );
    guardAnswers(client);
    return new S3Source(settings, client);
  }

  async *list(signal?: AbortSignal): AsyncGenerator<readonly SourceEntry[]> {
    let token: string | undefined;
    let count = 0;
    for (let page = 0; page < maxPages; page++) {
      const answer: ListObjectsV2CommandOutput = await this.#try(undefined, signal, () =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#prefix,
            EncodingType: 'url',
            ...(token !== undefined && { ContinuationToken: token }),
          }),
          abortOf(signal),
        ),
      );
      // A captive portal answers 200 as well.
      if (answer.IsTruncated === undefined) throw notS3(this.address, 'answers with something that is no listing');
      const entries = (answer.Contents ?? []).map((object) => {
        const key = decoded(object.Key ?? '', answer.EncodingType);
        if (!key.startsWith(this.#prefix) || object.ETag === undefined || object.Size === undefined) {
          throw notS3(this.address, 'lists objects without an ETag or size, or outside the prefix');
        }
        return { key: key.slice(this.#prefix.length), sizeBytes: object.Size, etag: plainEtag(object.ETag) };
      });
      count += entries.length;
      if (count > sourceLimits.entries) throw tooMany(this.address);
      yield entries;
      token = answer.NextContinuationToken;
      if (answer.IsTruncated !== true || token === undefined) return;
    }
    throw tooMany(this.address);
  }

  async open(key: string, { etag, fromByte = 0, signal }: OpenOptions): Promise<OpenedObject> {
    const answer: GetObjectCommandOutput = await this.#try(key, signal, () =>
      this.#client.send(
        new GetObjectCommand({
          Bucket: this.#bucket,
          Key: this.#prefix + key,
          IfMatch: `"${etag}"`,
          ...(fromByte > 0 && { Range: `bytes=${fromByte}-` }),
        }),
        abortOf(signal),
      ),
    );
    const body = answer.Body as Readable;
    // Not every server knows If-Match.
    if (answer.ETag !== undefined && plainEtag(answer.ETag) !== etag) {
      body.destroy();
      throw changed(key);
    }
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.ContentRange ?? '');
    return {
      fromByte: range === null ? 0 : Number(range[1]),
      sizeBytes: range === null ? (answer.ContentLength ?? -1) : Number(range[2]),
      body,
    };
  }

  async put(key: string, { body, signal, onBytes = () => {} }: PutOptions): Promise<void> {
    const upload = new Upload({
      client: this.#client,
      params: { Bucket: this.#bucket, Key: this.#prefix + key, Body: body() },
      partSize: partBytes,
      queueSize: parallelParts,
    });
    let sent = 0;
    upload.on('httpUploadProgress', ({ loaded = 0 }) => {
      onBytes(loaded - sent);
      sent = loaded;
    });
    const onAbort = (): void => void upload.abort();
    signal?.addEventListener('abort', onAbort);
    try {
      signal?.throwIfAborted();
      await this.#try(key, signal, () => upload.done(), 'write');
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #try<T>(
    key: string | undefined,
    signal: AbortSignal | undefined,
    send: () => Promise<T>,
    doing: 'read' | 'write' = 'read',
  ): Promise<T> {
    try {
      return await send();
    } catch (error) {
      signal?.throwIfAborted();
      throw s3Failure(error, { address: this.address, bucket: this.#bucket, doing, ...(key !== undefined && { key }) });
    }
  }
}

function notS3(address: string, what: string): Error {
  return sourceFailure('protocol', `${address} ${what}.`, 'Check that the endpoint is an S3 server.');
}

/** Refuses redirects, and bounds what the SDK reads into memory: everything but the bytes of an object. */
function guardAnswers(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as {
        readonly statusCode: number;
        readonly headers: Readonly<Record<string, string>>;
        body: Readable;
      };
      const { statusCode, headers } = response;
      if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) {
        response.body.destroy();
        throw redirected(statusCode, headers);
      }
      const { method, query } = args.request as { readonly method: string; readonly query?: Record<string, unknown> };
      const isObject = method === 'GET' && query?.['x-id'] === 'GetObject' && statusCode < 300;
      if (!isObject) response.body = bounded(response.body);
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'millraceGuard' },
  );
}

function redirected(status: number, headers: Readonly<Record<string, string>>): Error {
  const region = headers['x-amz-bucket-region'];
  if (region !== undefined && /^[a-z0-9-]{1,32}$/.test(region)) {
    return sourceFailure('redirect', `The bucket is in the region ${region}.`, `Set the region to ${region}.`);
  }
  const target = URL.parse(headers['location'] ?? '');
  const where = target === null ? '' : ` to ${target.origin}`;
  return sourceFailure(
    'redirect',
    `The endpoint redirects${where} (status ${status}), which is not followed.`,
    'If that is where the storage is, name it as the endpoint.',
  );
}

function bounded(body: Readable): Readable {
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= sourceLimits.answerBytes) return done(null, chunk);
      const failure = sourceFailure(
        'limit',
        `The endpoint sent an answer of more than ${sourceLimits.answerBytes} bytes.`,
        'Check that the endpoint is an S3 server.',
      );
      body.destroy();
      return done(failure);
    },
  });
  body.on('error', (error) => limit.destroy(error));
  // A body that ends early has no error of its own.
  body.on(
    'close',
    () => void (!body.readableEnded && limit.destroy(Object.assign(new Error('cut'), { code: 'ECONNRESET' }))),
  );
  return body.pipe(limit);
}

/** Servers that do not know `encoding-type` send the key as it is, and no word about it. */
function decoded(key: string, encoding: string | undefined): string {
  if (encoding !== 'url') return key;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

function plainEtag(etag: string): string {
  return etag.replace(/^(?:W\/)?"?|"$/g, '');
}

function abortOf(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

async function readCa(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw sourceFailure('unreachable', `The caFile ${path} cannot be read.`, 'Correct its path.', cause);
  });
}
