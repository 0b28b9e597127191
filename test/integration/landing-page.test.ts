/** The page at `/` as a browser gets it: what it says, that its examples work, and that nothing in it can run. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModel } from '../support/demo-models.ts';
import { until } from '../support/host-process.ts';
import { dictionaryModel, twoInputModel } from '../support/models.ts';
import { head, rawRequest } from '../support/raw-http.ts';
import { TestHost } from '../support/test-host.ts';

const hostile = `<script>alert(1)</script><img src=x onerror=alert(1)> "quoted' & more`;

let host: TestHost;
let page: string;
beforeAll(async () => {
  host = await TestHost.start({
    models: [
      demoModel('iris', { manifest: { description: hostile, features: ["owner's 'length'", 'b', 'c', 'd'] } }),
      { name: 'two-inputs', bytes: twoInputModel() },
      { name: 'dictionary', bytes: dictionaryModel() },
    ],
  });
  page = (await host.send('/')).text;
});
afterAll(() => host[Symbol.asyncDispose]());

function unescape(html: string): string {
  const characters = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' } as Record<string, string>;
  return html.replaceAll(/&(?:lt|gt|quot|#39|amp);/g, (entity) => characters[entity]!);
}

function examples(): string[] {
  return [...page.matchAll(/<pre>(.*?)<\/pre>/gs)].map((match) => unescape(match[1]!));
}

describe('the landing page', () => {
  it('is served with a policy under which nothing runs or is loaded', async () => {
    const answer = await host.send('/');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = answer.headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    });
  });

  it('lists every model with its state, its tensors and its description as text', () => {
    for (const name of ['iris', 'two-inputs', 'dictionary']) expect(page).toContain(`<h2>${name} <span`);
    expect(page).toContain('<td>input</td><td><code>features</code></td><td>FP32</td><td>[any, 4]</td>');
    expect(page).toContain('<td>output</td><td><code>larger</code></td><td>BOOL</td><td>[any, 3]</td>');
    expect(page).not.toMatch(/<(?:script|img)/);
    expect(unescape(page)).toContain(hostile);
  });

  it.runIf(process.platform !== 'win32')('shows a shell line per model that works as it stands', async () => {
    const lines = examples().filter((line) => line.startsWith('curl '));
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).toContain(host.url);
      const { stdout } = await promisify(execFile)('sh', [
        '-c',
        line.replace('curl -s', 'set --') + '; printf %s "$3"',
      ]);
      const path = new URL(line.split(' ')[2]!).pathname;
      const answer = await host.send(path, { body: stdout });
      expect(answer.status, answer.text).toBe(200);
    }
    expect(lines[1]).toContain(String.raw`"owner'\''s '\''length'\''":0`);
  });

  it('shows the same for PowerShell', () => {
    const lines = examples().filter((line) => line.startsWith('Invoke-RestMethod '));
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain(`"owner''s ''length''":0`);
  });

  it('uses the address under which it was asked, and no other', async () => {
    const { port } = new URL(host.url);
    const own = await rawRequest(host.url, head('GET / HTTP/1.1', `Host: localhost:${port}`));
    expect(own?.body).toContain(`curl -s http://localhost:${port}/predict/iris`);
    const foreign = await rawRequest(host.url, head('GET / HTTP/1.1', 'Host: "><script>'));
    expect(foreign?.status).toBe(421);
    expect(foreign?.headers['content-type']).toBe('application/json');
  });

  it('says what is loading, what is wrong and that nothing is served', async () => {
    await using other = await TestHost.start({
      settled: false,
      models: [{ name: 'corrupt', bytes: Buffer.from('x') }],
    });
    expect((await other.send('/')).text).toContain('<span class="state">loading</span>');
    await until('the model is given up', 20_000, async () => (await other.send('/')).text.includes('unavailable'));
    expect((await other.send('/')).text).toContain('ONNX Runtime cannot load the model');

    await using empty = await TestHost.start({ models: [] });
    expect((await empty.send('/')).text).toContain('No model is served.');
    expect((await empty.send('/v2/health/ready')).status).toBe(200);
  });
});
