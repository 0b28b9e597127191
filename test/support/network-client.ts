/** A device on the network: requests from another loopback address, over http or https with an authority that it knows. */
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';

export interface NetworkAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json<T = unknown>(): T;
}

export interface NetworkCall {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM of the authority that the device trusts. */
  readonly ca?: string | undefined;
  /** The device's own address. Default 127.0.0.3. */
  readonly from?: string;
}

/** A new connection for each call. */
export function callFrom(
  url: string,
  { method, headers = {}, body, ca, from = '127.0.0.3' }: NetworkCall = {},
): Promise<NetworkAnswer> {
  return new Promise((resolve, reject) => {
    const options = {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      localAddress: from,
      headers: { ...headers, ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }) },
    };
    const outgoing = url.startsWith('https:')
      ? httpsRequest(url, { ...options, ...(ca !== undefined && { ca }), agent: new Agent({ keepAlive: false }) })
      : httpRequest(url, { ...options, agent: false });
    outgoing.on('response', (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode!,
          headers: incoming.headers,
          text,
          json: <T>() => JSON.parse(text) as T,
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
