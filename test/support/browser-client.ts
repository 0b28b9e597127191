/** A page in a browser as the admin listener sees it: its cookies, its origin, its fetch metadata, its CSRF token. */
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';

export interface PageAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json<T = unknown>(): T;
}

export interface PageRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export class BrowserClient {
  readonly #origin: string;
  cookie: string | undefined;
  csrfToken: string | undefined;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Exchanges the code of a launch link. */
  async enter(launchUrl: string): Promise<PageAnswer> {
    const code = new URL(launchUrl).hash.replace(/^#t=/, '');
    const answer = await this.json('POST', '/api/v1/session', { code });
    const [cookie] = answer.headers['set-cookie'] ?? [];
    if (cookie !== undefined) this.cookie = cookie.split(';')[0]!;
    if (answer.status === 201) this.csrfToken = answer.json<{ csrfToken: string }>().csrfToken;
    return answer;
  }

  json(method: string, path: string, body: object): Promise<PageAnswer> {
    return this.send(path, { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  }

  send(path: string, { method = 'GET', headers = {}, body }: PageRequest = {}): Promise<PageAnswer> {
    const all = {
      'Sec-Fetch-Site': 'same-origin',
      ...(method !== 'GET' && { Origin: this.#origin }),
      ...(this.cookie !== undefined && { Cookie: this.cookie }),
      ...(this.csrfToken !== undefined && method !== 'GET' && { 'X-Millrace-CSRF': this.csrfToken }),
      ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(`${this.#origin}${path}`, { method, headers: all, agent: false }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const parse = <T>(): T => JSON.parse(text) as T;
          resolve({ status: incoming.statusCode!, headers: incoming.headers, text, json: parse });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}
