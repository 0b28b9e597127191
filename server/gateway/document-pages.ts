/** The document of the inference listener and its page, written once when first asked for. */
import { referencePolicy, referenceStyle, renderReference } from '../openapi/reference-page.ts';
import { inferenceDocument } from './inference-document.ts';

export interface DocumentPage {
  readonly headers: readonly string[];
  readonly body: Buffer;
}

const safe = ['X-Content-Type-Options', 'nosniff', 'X-Frame-Options', 'DENY', 'Referrer-Policy', 'no-referrer'];

export class DocumentPages {
  readonly #pages = new Map<string, DocumentPage>();
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
  }

  page(name: 'openapi' | 'reference' | 'reference-style'): DocumentPage {
    let page = this.#pages.get(name);
    if (page === undefined) this.#pages.set(name, (page = this.#write(name)));
    return page;
  }

  #write(name: 'openapi' | 'reference' | 'reference-style'): DocumentPage {
    if (name === 'reference-style') {
      return { headers: ['Content-Type', 'text/css; charset=utf-8', ...safe], body: Buffer.from(referenceStyle) };
    }
    const document = inferenceDocument(this.#version);
    if (name === 'openapi') {
      return { headers: ['Content-Type', 'application/json'], body: Buffer.from(JSON.stringify(document)) };
    }
    const page = renderReference(document, { documentUrl: '/openapi.json', prefix: '' });
    const headers = ['Content-Type', 'text/html; charset=utf-8', 'Content-Security-Policy', referencePolicy, ...safe];
    return { headers, body: Buffer.from(page) };
  }
}
