/**
 * Program, part of baseline B: http-proxy-3 with round robin over the URLs in its arguments, on connections that are kept.
 * Announces `{"url"}` on standard output.
 */
import { Agent, createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import httpProxy from 'http-proxy-3';

const targets = process.argv.slice(2);
let next = 0;
const proxy = httpProxy.createProxyServer({ agent: new Agent({ keepAlive: true }) });
proxy.on('error', (error, _request, response) => {
  (response as ServerResponse).writeHead(502).end(error.message);
});
const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  proxy.web(request, response, { target: targets[next++ % targets.length]! });
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
