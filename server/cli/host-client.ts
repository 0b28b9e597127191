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

  put<Answer>(path: string, body: object): Promise<Answer> {
    return this.#ask<Answer>('PUT', path, body, requestTimeoutMs);
  }

  patch<Answer>(path: string, body: object, timeoutMs = requestTimeoutMs): Promise<Answer> {
    return this.#ask<Answer>('PATCH', path, body, timeoutMs);
  }

  /** An answer that is no JSON. */
  async text(path: string): Promise<string> {
    const { response, text } = await this.#send('GET', path, undefined, requestTimeoutMs);
    if (response.ok) return text;
    throw errorOf(JSON.parse(text) as ErrorBody);
  }

  delete<Answer>(path: string): Promise<Answer> {
    return this.#ask<Answer>('DELETE', path, undefined, requestTimeoutMs);
  }

  /** Headers with which this user's own programs call the inference listener; none where it needs no key. */
  async inferenceHeaders(right: 'infer' | 'admin'): Promise<Record<string, string>> {
    const { needsKey } = await this.status();
    if (!needsKey) return {};
    const { secret } = await this.post<{ readonly secret: string }>('/passing-keys', { right });
    return { Authorization: `Bearer ${secret}` };
  }

  /** What is no JSON, a file. Throws `host-not-running` where there is none. */
  async bytes(path: string): Promise<Buffer> {
    try {
      const response = await fetch(`${this.run.adminUrl}/api/v1${path}`, {
        signal: AbortSignal.timeout(fileTimeoutMs),
        headers: { Authorization: `Bearer ${this.run.adminToken}` },
      });
      if (!response.ok) throw new Error(`It answered ${response.status}.`);
      return Buffer.from(await response.arrayBuffer());
    } catch (error) {
      throw this.#gone(error);
    }
  }

  /** Throws the error that the host answered with, or `host-not-running` where it does not answer. */
  async #ask<Answer>(method: string, path: string, body: object | undefined, timeoutMs: number): Promise<Answer> {
    const { response, text } = await this.#send(method, path, body, timeoutMs);
    // Another program has taken the port of a host that was killed.
    const isOurs = response.headers.get('content-type') === 'application/json' && response.status !== 401;
    if (!isOurs) throw this.#gone(undefined);
    const answer = JSON.parse(text) as Answer & ErrorBody;
    if (response.ok) return answer;
    throw errorOf(answer);
  }

  async #send(
    method: string,
    path: string,
    body: object | undefined,
    timeoutMs: number,
  ): Promise<{ readonly response: Response; readonly text: string }> {
    try {
      const response = await fetch(`${this.run.adminUrl}/api/v1${path}`, {
        method,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          Authorization: `Bearer ${this.run.adminToken}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { response, text: await response.text() };
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
