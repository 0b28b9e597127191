/** s3rver as a user has it: an S3 server of somebody else, with its objects in a folder. Started by the test, stopped by it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Rver {
  run(): Promise<AddressInfo>;
  close(): Promise<void>;
}

const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => Rver;

/** Its one account. */
export const s3rverKey = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

export class S3Rver implements AsyncDisposable {
  readonly endpoint: string;
  readonly bucket: string;
  readonly #server: Rver;
  readonly #folder: string;

  private constructor(server: Rver, folder: string, endpoint: string, bucket: string) {
    this.#server = server;
    this.#folder = folder;
    this.endpoint = endpoint;
    this.bucket = bucket;
  }

  static async start(bucket = 'models'): Promise<S3Rver> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-s3rver-'));
    const server = new S3rver({
      address: '127.0.0.1',
      port: 0,
      silent: true,
      directory: folder,
      configureBuckets: [{ name: bucket, configs: [] }],
    });
    const { port } = await server.run();
    return new S3Rver(server, folder, `http://127.0.0.1:${port}`, bucket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
