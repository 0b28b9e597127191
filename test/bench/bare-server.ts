/**
 * Program, baseline A: one bare node:http process with Millrace's own session, codec and batcher inside, and nothing else. No
 * host, no balancer, no routes, no limits, no checks, no statistics: what Millrace could reach if all of that cost nothing.
 *
 * Argument: BareServerSettings as JSON. Announces `{"url"}` on standard output.
 */
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Batcher } from '../../server/replica/batcher.ts';
import { probeBatching } from '../../server/replica/batching-probe.ts';
import { openSession } from '../../server/replica/session.ts';

export interface BareServerSettings {
  readonly name: string;
  readonly modelPath: string;
  readonly maxBatchSize: number | undefined;
}

const { name, modelPath, maxBatchSize } = JSON.parse(process.argv[2]!) as BareServerSettings;
const session = await openSession({ modelPath, intraOpThreads: 1, spinning: false });
const batching = await probeBatching(session, maxBatchSize);
const model = {
  name,
  version: '1',
  signature: session.signature,
  maxBatchSize: batching.maxBatchSize,
  labels: undefined,
  featureNames: undefined,
};

const waiting = new Map<number, ServerResponse>();
let lastId = 0;

function take(id: number): ServerResponse {
  const response = waiting.get(id)!;
  waiting.delete(id);
  return response;
}

const batcher = new Batcher(model, session, 0, {
  onResult(id, { jsonLength }, chunks) {
    const response = take(id);
    const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const headers =
      jsonLength === undefined
        ? ['Content-Type', 'application/json', 'Content-Length', String(length)]
        : [
            'Content-Type',
            'application/octet-stream',
            'Inference-Header-Content-Length',
            String(jsonLength),
            'Content-Length',
            String(length),
          ];
    response.writeHead(200, headers);
    for (const chunk of chunks.slice(0, -1)) response.write(chunk);
    response.end(chunks.at(-1));
  },
  onFailure(id, error) {
    take(id).writeHead(500).end(error.message);
  },
  onIdle() {},
});

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  const header = request.rawHeaders.indexOf('Inference-Header-Content-Length');
  const jsonLength = header === -1 ? undefined : Number(request.rawHeaders[header + 1]);
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const id = ++lastId;
    waiting.set(id, response);
    batcher.add(
      id,
      { kind: 'oip', jsonLength, queuedMs: 0, wantsOutputs: false },
      chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks),
    );
  });
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
