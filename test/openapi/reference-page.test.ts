import { expect, it } from 'vitest';
import { openApiDocument } from '../../server/openapi/openapi-document.ts';
import { renderReference } from '../../server/openapi/reference-page.ts';

const hostile = '<script>alert("1")</script>\'&';

it('a page escapes whatever its document says, and has no script, no inline style and nothing from elsewhere', () => {
  const document = openApiDocument({
    title: hostile,
    version: hostile,
    description: hostile,
    serverUrl: '/',
    schemas: { Error: { type: 'object', properties: { [hostile]: { description: hostile, type: 'string' } } } },
    operations: [
      {
        method: 'POST',
        path: `/${hostile}`,
        tag: hostile,
        summary: hostile,
        status: 200,
        parameters: [{ name: hostile, in: 'query', required: false, description: hostile, schema: {} }],
        takes: { [hostile]: { enum: [hostile] } },
        gives: { 'application/json': { $ref: '#/components/schemas/Error' } },
      },
    ],
  });
  const page = renderReference(document, { documentUrl: '/openapi.json', prefix: '' });
  expect(page).not.toMatch(/<script|<style|style=|onclick|https?:/);
  expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;');
});
