/** A remote upstream's connections: TLS, time limits, and that it ends without a trace. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MillraceError } from '../../server/base/errors.ts';
import type { Call } from '../../server/balancer/call.ts';
import { RemoteUpstream } from '../../server/balancer/remote-upstream.ts';
import type { RemoteUpstreamEvents } from '../../server/balancer/remote-upstream.ts';
import { FakeOipServer, answers, stalls, startServers } from '../support/fake-oip-server.ts';
import { until } from '../support/host-process.ts';
import { loopbackCertificate } from '../support/loopback-certificate.ts';
import { RemoteCluster, defaultNextUpstream, defaultSettings, standing } from '../support/remote-cluster.ts';

/** Slower than any step that is waited for, fast enough to fail in time. */
const patienceMs = 5000;

describe('over TLS', () => {
  it('a server whose certificate is trusted is used', async () => {
    const authorities = getCACertificates('default');
    setDefaultCACertificates([...authorities, loopbackCertificate]);
    onTestFinished(() => setDefaultCACertificates(authorities));
    await using server = await FakeOipServer.start('a', { secure: true });
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    expect(await cluster.inferMany(3)).toEqual({ a: 3 });
    expect(new Set(server.calls.map(({ connection }) => connection)).size).toBe(1);
  });

  it('a server whose certificate nobody vouches for is never sent a call', async () => {
    await using server = await FakeOipServer.start('a', { secure: true });
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }], ready: false });
    await until('it is down', patienceMs, () => cluster.remotes[0]!.condition === 'down');
    expect(server.readyRequests).toBe(0);
    const events = new RecordedEvents();
    using remote = new DirectRemote(server.url, events);
    remote.upstream.send(cluster.call().call);
    await until('it is reported', patienceMs, () => events.failures.length === 1);
    expect(events.failures).toEqual(['connect-failed upstream-failed']);
    expect(server.calls.length).toBe(0);
  });
});

/** What an upstream reports, without a dispatcher that acts on it. */
class RecordedEvents implements RemoteUpstreamEvents {
  readonly panicking = false;
  readonly failures: string[] = [];
  answers = 0;
  readonly upstreams = [];
  onAnswer(): void {
    this.answers++;
  }
  onFailure(_upstream: unknown, _call: Call, event: string, error: MillraceError): void {
    this.failures.push(`${event} ${error.code}`);
  }
  onLost(): void {}
  onGivenBack(): void {}
  onCapacity(): void {}
  mayEject(): boolean {
    return false;
  }
}

class DirectRemote implements Disposable {
  readonly upstream: RemoteUpstream;
  constructor(url: string, events: RemoteUpstreamEvents) {
    const settings = { ...defaultSettings, url, connectTimeoutMs: 100 };
    this.upstream = new RemoteUpstream({ settings, model: 'm', nextUpstream: defaultNextUpstream }, events);
  }
  [Symbol.dispose](): void {
    this.upstream.stop();
  }
}

describe('what is reported', () => {
  it('a connection that does not come about in time, TLS included, as one that failed', async () => {
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      mute.close();
    });
    using cluster = await RemoteCluster.start({ upstreams: [] });
    const events = new RecordedEvents();
    using remote = new DirectRemote(`https://127.0.0.1:${(mute.address() as AddressInfo).port}`, events);
    remote.upstream.send(cluster.call().call);
    const tookMs = await until('it is reported', patienceMs, () => events.failures.length > 0);
    expect(events.failures).toEqual(['connect-failed upstream-failed']);
    expect(tookMs).toBeGreaterThan(80);
    expect(remote.upstream.inFlight).toBe(0);
  });

  it('a call that is abandoned, once, and after that nothing, whatever the server still says', async () => {
    const [server] = await startServers('a');
    let late: (() => void) | undefined;
    server.behaviour = (response, call) => (late = () => answers('a')(response, call));
    using cluster = await RemoteCluster.start({ upstreams: [] });
    const events = new RecordedEvents();
    using remote = new DirectRemote(server.url, events);
    const { call } = cluster.call();
    remote.upstream.send(call);
    await until('it has arrived', patienceMs, () => late !== undefined);
    remote.upstream.abandon(call);
    remote.upstream.abandon(call);
    expect(remote.upstream.inFlight).toBe(0);
    late!();
    await until('the server sees the end', patienceMs, () => server.open === 0);
    // Before its connection is made it can be abandoned just as well.
    const { call: early } = cluster.call();
    remote.upstream.send(early);
    remote.upstream.abandon(early);
    await until('both are reported', patienceMs, () => events.failures.length === 2);
    expect(events.failures).toEqual(['client-gone client-gone', 'client-gone client-gone']);
    expect(events.answers).toBe(0);
    expect(server.calls.length).toBe(1);
  });

  it('each call in flight, when it is stopped, and nothing is left of it', async () => {
    const [server, other] = await startServers('a', 'b');
    const cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    expect(await Promise.all([cluster.infer(), cluster.infer(), cluster.infer()])).toEqual(['a', 'a', 'a']);
    server.behaviour = stalls;
    const outcomes = [cluster.infer(), cluster.infer()];
    await until('both have arrived', patienceMs, () => server.open === 2);
    cluster[Symbol.dispose]();
    expect(await Promise.all(outcomes)).toEqual(['shutting-down', 'shutting-down']);
    await until('no connection is left, used or kept', patienceMs, () => server.connections === 0);
    const asked = server.readyRequests;
    using _clock = await RemoteCluster.start({ upstreams: [{ url: other.url }] });
    await until('others have been checked often', patienceMs, () => other.readyRequests > 5);
    expect(server.readyRequests).toBe(asked);
    expect(standing(cluster.remotes[0]!)).toEqual(['ready']);
    expect(cluster.remotes[0]!.inFlight).toBe(0);
  });
});

describe('a process', () => {
  it.each(['stopped', 'left running'])('ends by itself when its upstream was %s', async (how) => {
    const [server] = await startServers('a');
    const script = `
      import { RemoteUpstream } from '${new URL('../../server/balancer/remote-upstream.ts', import.meta.url)}';
      import { Call } from '${new URL('../../server/balancer/call.ts', import.meta.url)}';
      const settings = { ...${JSON.stringify(defaultSettings)}, url: '${server.url}' };
      const remote = new RemoteUpstream({ settings, model: 'm', nextUpstream: [] }, {
        upstreams: [], mayEject: () => false, onCapacity() {}, onFailure() {},
        onAnswer(_upstream, _call, answer) {
          console.log(answer.status);
          ${how === 'stopped' ? 'remote.stop();' : ''}
        },
      });
      remote.start();
      const deadlineMs = performance.now() + 10_000;
      remote.send(new Call({ kind: 'oip', body: [Buffer.from('{}')], bodyBytes: 2, deadlineMs }, () => {}));
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    let code: number | null | undefined;
    child.on('close', (exitCode) => (code = exitCode));
    await until('it has ended', patienceMs, () => code !== undefined);
    expect({ code, output }).toEqual({ code: 0, output: '200\n' });
  });
});
