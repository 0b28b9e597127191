/** How commands talk to a running host: they find it and its token by its run file and ask its admin listener. */
import { MillraceError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';
import { RunFile } from '../host/run-file.ts';
import type { RunFacts } from '../host/run-file.ts';
import type { ErrorBody } from '../protocol/admin/error-body.ts';
import type { HostView } from '../protocol/admin/host-view.ts';

/** A host on the same machine answers in milliseconds. */
const requestTimeoutMs = 5000;
/** Megabytes that are made while they are sent. */
const fileTimeoutMs = 60_000;

export interface FoundHost {
  readonly run: RunFacts;
  readonly status: HostView;
}

export class HostClient {
  readonly run: RunFacts;

  private constructor(run: RunFacts) {
    this.run = run;
  }

  /** Throws `host-not-running` where no host has left its address. Whether one answers is known with the first request. */
  static async find(dataDirectory: string): Promise<HostClient> {
    return new HostClient(await new RunFile(dataDirectory).read());
  }

  /** A client of the host that runs and answers; undefined where none does. */
  static async running(dataDirectory: string): Promise<HostClient | undefined> {
    try {
      const client = await HostClient.find(dataDirectory);
      await client.status();
      return client;
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'host-not-running') return undefined;
      throw error;
    }
  }

  status(): Promise<HostView> {
    return this.get<HostView>('/status');
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.#ask<Answer>('GET', path, undefined, requestTimeoutMs);
  }

  /** `timeoutMs` for what takes its time, such as a cancel that waits for the end. */
  post<Answer>(path: string, body: object, timeoutMs = requestTimeoutMs): Promise<Answer> {
    return this.#ask<Answer>('POST', path, body, timeoutMs);
  }

  /** A body that is no JSON. */
  send<Answer>(path: string, body: Uint8Array<ArrayBuffer>, contentType: string, timeoutMs = 60_000): Promise<Answer> {
    return this.#exchange<Answer>('POST', path, { 'Content-Type': contentType }, body, timeoutMs);
  }

  put<Answer>(path: string, body: object): Promise<Answer> {
    return this.#ask<Answer>('PUT', path, body, requestTimeoutMs);
  }

  patch<Answer>(path: string, body: object, timeoutMs = requestTimeoutMs): Promise<Answer> {
    return this.#ask<Answer>('PATCH', path, body, timeoutMs);
  }

  delete<Answer>(path: string): Promise<Answer> {
    return this.#ask<Answer>('DELETE', path, undefined, requestTimeoutMs);
  }

  /** An answer that is no JSON. */
  async text(path: string): Promise<string> {
    const { response, bytes } = await this.#send('GET', path, {}, undefined, requestTimeoutMs);
    if (response.ok) return bytes.toString();
    throw errorOf(JSON.parse(bytes.toString()) as ErrorBody);
  }

  /** A file. Throws `host-not-running` where there is none. */
  async bytes(path: string): Promise<Buffer> {
    const { response, bytes } = await this.#send('GET', path, {}, undefined, fileTimeoutMs);
    if (response.ok) return bytes;
    throw this.#gone(new Error(`It answered ${response.status}.`));
  }

  /** Headers with which this user's own programs call the inference listener; none where it needs no key. */
  async inferenceHeaders(right: 'infer' | 'admin'): Promise<Record<string, string>> {
    const { needsKey } = await this.status();
    if (!needsKey) return {};
    const { secret } = await this.post<{ readonly secret: string }>('/passing-keys', { right });
    return { Authorization: `Bearer ${secret}` };
  }

  async #ask<Answer>(method: string, path: string, body: object | undefined, timeoutMs: number): Promise<Answer> {
    return body === undefined
      ? this.#exchange(method, path, {}, undefined, timeoutMs)
      : this.#exchange(method, path, { 'Content-Type': 'application/json' }, JSON.stringify(body), timeoutMs);
  }

  /** Throws the error that the host answered with, or `host-not-running` where it does not answer. */
  async #exchange<Answer>(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    timeoutMs: number,
  ): Promise<Answer> {
    const { response, bytes } = await this.#send(method, path, headers, body, timeoutMs);
    // Another program has taken the port of a host that was killed.
    const isOurs = response.headers.get('content-type') === 'application/json' && response.status !== 401;
    if (!isOurs) throw this.#gone(undefined);
    const answer = JSON.parse(bytes.toString()) as Answer & ErrorBody;
    if (response.ok) return answer;
    throw errorOf(answer);
  }

  async #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | Uint8Array<ArrayBuffer> | undefined,
    timeoutMs: number,
  ): Promise<{ readonly response: Response; readonly bytes: Buffer }> {
    try {
      const response = await fetch(`${this.run.adminUrl}/api/v1${path}`, {
        method,
        signal: AbortSignal.timeout(timeoutMs),
        headers: { Authorization: `Bearer ${this.run.adminToken}`, ...headers },
        ...(body !== undefined && { body }),
      });
      return { response, bytes: Buffer.from(await response.arrayBuffer()) };
    } catch (error) {
      throw this.#gone(error);
    }
  }

  #gone(cause: unknown): MillraceError {
    const { adminUrl, pid } = this.run;
    return new MillraceError('host-not-running', `No Millrace answers at ${adminUrl}; process ${pid} has ended.`, {
      hint: 'Start it with `millrace serve`.',
      cause,
    });
  }
}

function errorOf({ code, error, hint, details }: ErrorBody): MillraceError {
  return new MillraceError(code as ErrorCode, error, {
    ...(hint !== undefined && { hint }),
    ...(details !== undefined && { details }),
  });
}

/** Throws `host-not-running`, also where the run file is a leftover of a host that was killed. */
export async function findHost(dataDirectory: string): Promise<FoundHost> {
  const client = await HostClient.find(dataDirectory);
  return { run: client.run, status: await client.status() };
}
