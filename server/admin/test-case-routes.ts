/** Saved test cases of a model: which there are, a request and its answer as a new one, one less. */
import { MillraceError } from '../base/errors.ts';
import { parseModelName } from '../models/model-name.ts';
import { noOptionsSchema } from '../protocol/admin/model-command.ts';
import { testCaseListSchema, testCaseQuerySchema, testCaseViewSchema } from '../protocol/admin/test-case-view.ts';
import type { TestCaseList, TestCaseQuery, TestCaseView } from '../protocol/admin/test-case-view.ts';
import { parseInput } from './json-body.ts';
import { jsonRoute, streamRoute } from './route.ts';
import type { AdminRoute, RouteCall } from './route.ts';
import { refuseSimple } from './try-routes.ts';

/** host/test-cases.ts. */
export interface TestCaseDesk {
  list(name: string): Promise<TestCaseList>;
  add(
    name: string,
    body: Buffer,
    contentType: string | undefined,
    query: TestCaseQuery,
  ): Promise<readonly TestCaseView[]>;
  remove(name: string, id: string): Promise<TestCaseList>;
}

/** A picture of a phone, or a few rows. */
const maxBodyBytes = 20_000_000;
/** A body from the same machine is not silent for this long. */
const silenceMs = 30_000;

export function testCaseRoutes(desk: TestCaseDesk): AdminRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/models/{name}/samples',
      noun: 'test cases',
      summary: 'The saved test cases that gate further versions of a model',
      answer: testCaseListSchema,
      handle: ({ call }) => desk.list(parseModelName(call.params['name'])),
    }),
    streamRoute({
      method: 'POST',
      path: '/models/{name}/samples',
      noun: 'test cases',
      summary:
        'Run a request as POST /predict/{name} takes it, and save it with its answer; ?name, ?check=class or numbers, ?tolerance',
      takes: '*/*',
      gives: 'application/json',
      answer: testCaseViewSchema.array(),
      async serve(call) {
        const { request, response, params } = call;
        refuseSimple(request);
        const name = parseModelName(params['name']);
        const query = parseInput(testCaseQuerySchema, queryOf(request.url ?? ''), 'query') as TestCaseQuery;
        const body = await readBody(call);
        const added = await desk.add(name, body, request.headers['content-type'], query);
        const text = Buffer.from(JSON.stringify(added));
        response.writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': text.length });
        response.end(text);
      },
    }),
    jsonRoute({
      method: 'POST',
      path: '/models/{name}/samples/{id}/remove',
      noun: 'test cases',
      summary: 'Remove a saved test case',
      body: noOptionsSchema,
      answer: testCaseListSchema,
      handle: ({ call }) => desk.remove(parseModelName(call.params['name']), call.params['id'] ?? ''),
    }),
  ];
}

function queryOf(url: string): Record<string, string> {
  const at = url.indexOf('?');
  return at === -1 ? {} : Object.fromEntries(new URLSearchParams(url.slice(at + 1)));
}

async function readBody({ request }: RouteCall): Promise<Buffer> {
  request.setTimeout(silenceMs, () => request.destroy());
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) {
      throw new MillraceError('payload-too-large', `The body has more than ${maxBodyBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
