/**
 * An OpenAPI document as a page for people: plain HTML, no script, its style in a file of its own, nothing from elsewhere.
 * Pure.
 */
import type { OpenApiDocument, OpenApiOperation } from './openapi-document.ts';
import { schemaText } from './schema-text.ts';

/** Only the page's own style sheet. */
export const referencePolicy =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Where the page finds its style. */
export const referenceStylePath = '/reference.css';

export const referenceStyle = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; text-transform: capitalize; }
h3 { font: 600 .95rem/1.4 ui-monospace, monospace; margin: 0; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin: 1rem 0; }
article { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .9rem 0; }
article p { margin: .2rem 0 .5rem; }
.method { display: inline-block; min-width: 4.2rem; }
pre { overflow-x: auto; margin: .3rem 0; padding: .6rem .8rem; border-radius: .4rem; background: color-mix(in srgb, currentColor 8%, transparent); font: .82rem/1.45 ui-monospace, monospace; }
details summary { cursor: pointer; font-size: .9rem; }
table { border-collapse: collapse; font-size: .9rem; margin: .3rem 0; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; }
`;

export interface ReferenceOptions {
  /** Where the document itself is. */
  readonly documentUrl: string;
  /** Before each path. */
  readonly prefix: string;
}

export function renderReference(document: OpenApiDocument, { documentUrl, prefix }: ReferenceOptions): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path: prefix + path, method, operation })),
  );
  const sections = document.tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<section id="${anchor(name)}">\n<h2>${escape(name)}</h2>\n${own.map(article).join('\n')}\n</section>`;
  });
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `<article id="schema-${anchor(name)}"><h3>${escape(name)}</h3>\n<pre>${escape(schemaText(schema))}</pre></article>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(document.info.title)}</title><link rel="stylesheet" href="${referenceStylePath}"></head>
<body>
<h1>${escape(document.info.title)}</h1>
<p>${escape(document.info.description)}</p>
<p>For programs: <a href="${escape(documentUrl)}">${escape(documentUrl)}</a>, OpenAPI 3.1, version ${escape(document.info.version)}.</p>
<nav aria-label="Groups">${document.tags.map(({ name }) => `<a href="#${anchor(name)}">${escape(name)}</a>`).join(' ')} <a href="#shapes">shapes</a></nav>
${sections.join('\n')}
<section id="shapes">
<h2>Shapes</h2>
${schemas.join('\n')}
</section>
</body>
</html>
`;
}

interface Listed {
  readonly path: string;
  readonly method: string;
  readonly operation: OpenApiOperation;
}

function article({ path, method, operation }: Listed): string {
  const rows = (operation.parameters ?? []).map((parameter) => {
    const { description = '', schema = {} } = parameter as { description?: string; schema?: object };
    return `<tr><td>${parameter.in}</td><td><code>${escape(parameter.name)}</code></td><td>${escape(schemaText(schema as Record<string, unknown>))}</td><td>${escape(description)}</td></tr>`;
  });
  const answers = Object.entries(operation.responses).filter(([status]) => status !== 'default');
  return `<article id="${operation.operationId}">
<h3><span class="method">${method.toUpperCase()}</span>${escape(path)}</h3>
<p>${escape(operation.summary)}.</p>
${rows.length === 0 ? '' : `<table><tbody>${rows.join('')}</tbody></table>`}
${bodies('Takes', operation.requestBody?.content)}
${answers.map(([status, { content }]) => bodies(`Gives ${status}`, content as Bodies | undefined)).join('\n')}
</article>`;
}

type Bodies = Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>;

function bodies(label: string, content: Bodies | undefined): string {
  return Object.entries(content ?? {})
    .map(
      ([type, { schema }]) =>
        `<details><summary>${label} <code>${escape(type)}</code></summary>\n<pre>${escape(schemaText(schema))}</pre></details>`,
    )
    .join('\n');
}

function anchor(name: string): string {
  return name.replaceAll(/[^\w-]+/g, '-');
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
