/** When a remote upstream receives calls: checks, ejection, recovery, panic, TLS, and that it ends without a trace. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MillraceError } from '../../server/base/errors.ts';
import type { Call } from '../../server/balancer/call.ts';
import { RemoteUpstream } from '../../server/balancer/remote-upstream.ts';
import type { RemoteUpstreamEvents } from '../../server/balancer/remote-upstream.ts';
import { FakeOipServer, answers, answersWith, metadata, stalls } from '../support/fake-oip-server.ts';
import { until } from '../support/host-process.ts';
import { loopbackCertificate } from '../support/loopback-certificate.ts';
import { RemoteCluster, defaultNextUpstream, defaultSettings } from '../support/remote-cluster.ts';

/** Slower than any step that is waited for, fast enough to fail in time. */
const patienceMs = 5000;

async function startServers<const Names extends readonly string[]>(...names: Names) {
  const servers = await Promise.all(names.map((name) => FakeOipServer.start(name)));
  onTestFinished(async () => {
    for (const server of servers) await server.stop();
  });
  return servers as { -readonly [I in keyof Names]: FakeOipServer };
}

/** How it is and what it may be used for, in words. */
function standing({ condition, alive, available }: RemoteUpstream): string[] {
  return [condition, ...(alive ? ['alive'] : []), ...(available ? ['available'] : [])];
}

describe('before the first check has been passed', () => {
  it('nothing is sent, and one pass is enough', async () => {
    const [server] = await startServers('a');
    server.ready = false;
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }], ready: false });
    const answer = cluster.infer();
    await until('it counts as down', patienceMs, () => cluster.remotes[0]!.condition === 'down');
    expect(standing(cluster.remotes[0]!)).toEqual(['down']);
    expect(server.calls.length).toBe(0);
    server.ready = true;
    expect(await answer).toBe('a');
    expect(cluster.remotes[0]!.condition).toBe('ready');
  });

  it('the server is asked once what the model looks like', async () => {
    const [server] = await startServers('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    expect(cluster.remotes[0]!.signature).toEqual({ inputs: metadata.inputs, outputs: metadata.outputs });
    const asked = server.readyRequests;
    await until('more checks have come', patienceMs, () => server.readyRequests > asked + 2);
    expect(server.metadataRequests).toBe(1);
  });
});

describe('a server that fails', () => {
  it('is ejected after five bad gateways, recovers through one probe at a time, and starts slowly', async () => {
    const [a, b, c] = await startServers('a', 'b', 'c');
    using cluster = await RemoteCluster.start({ upstreams: [a, b, c].map(({ url }) => ({ url })) });
    const remote = cluster.remotes[0]!;
    a.behaviour = answersWith(502);
    await until('it is out', patienceMs, async () => {
      expect(['b', 'c']).toContain(await cluster.infer());
      return !remote.available;
    });
    expect(standing(remote)).toEqual(['ejected', 'alive']);
    expect(a.calls.length).toBe(5);

    a.behaviour = stalls;
    await until('it is half-open', patienceMs, () => remote.condition === 'half-open');
    expect(standing(remote)).toEqual(['half-open', 'alive', 'available']);
    const waiting = Array.from({ length: 9 }, () => cluster.submit({ timeoutMs: 30_000 }));
    await until('the probe is out', patienceMs, () => a.calls.length === 6);
    expect(standing(remote)).toEqual(['half-open', 'alive']);
    expect(remote.inFlight).toBe(1);
    const probe = waiting.find(({ call }) => call.upstream === remote)!;
    await Promise.all(waiting.filter((each) => each !== probe).map(({ outcome }) => outcome));
    expect(a.calls.length).toBe(6);

    // A client that leaves says nothing: the circuit stays half-open and probes again.
    cluster.dispatcher.withdraw(probe.call);
    a.behaviour = answers('a');
    expect(remote.condition).toBe('half-open');
    await until('two probes have succeeded', patienceMs, async () => {
      await cluster.infer();
      return remote.condition === 'ready';
    });
    expect([remote.isRamping, remote.slots]).toEqual([true, 1]);
    expect(remote.weight).toBeLessThan(0.5);
    await until('it has answered three', patienceMs, async () => {
      await cluster.infer();
      return remote.slots === 32;
    });
    expect(remote.weight).toBeLessThan(1);
  });

  it('is ejected again, for longer, when the probe fails', async () => {
    const [a, b] = await startServers('a', 'b');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: a.url }, { url: b.url }] });
    const remote = cluster.remotes[0]!;
    a.behaviour = answersWith(502);
    await until('it is out', patienceMs, async () => (await cluster.infer()) === 'b' && !remote.available);
    await until('it is half-open', patienceMs, () => remote.condition === 'half-open');
    const asked = a.calls.length;
    await until('the probe has failed', patienceMs, async () => (await cluster.infer()) === 'b' && !remote.available);
    expect(a.calls.length).toBe(asked + 1);
    const outForMs = await until('it is half-open again', patienceMs, () => remote.condition === 'half-open');
    expect(outForMs).toBeGreaterThan(1500);
  });

  it('is found by the checks without a call, and comes back after two passes', async () => {
    const [a, b] = await startServers('a', 'b');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: a.url }, { url: b.url }] });
    const remote = cluster.remotes[0]!;
    await a.stop();
    await until('it is down', patienceMs, () => remote.condition === 'down');
    expect(standing(remote)).toEqual(['down']);
    expect(await cluster.inferMany(6)).toEqual({ b: 6 });
    await a.listen();
    await until('it receives calls again', patienceMs, async () => (await cluster.infer()) === 'a');
  });

  it('is still alive where it answers that it is not ready, and its calls go elsewhere', async () => {
    const [a, b] = await startServers('a', 'b');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: a.url }, { url: b.url }] });
    a.ready = false;
    await until('it is down', patienceMs, () => cluster.remotes[0]!.condition === 'down');
    expect(standing(cluster.remotes[0]!)).toEqual(['down', 'alive']);
    expect(await cluster.inferMany(6)).toEqual({ b: 6 });
  });

  it('stays in where it is the only one: its answers are better than none', async () => {
    const [a] = await startServers('a');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: a.url }] });
    a.behaviour = answersWith(502);
    expect(await cluster.inferMany(8)).toEqual({ 502: 8 });
    a.behaviour = answers('a');
    expect(await cluster.infer()).toBe('a');
  });

  it('is judged as nginx does where max_fails is set', async () => {
    const [a, b] = await startServers('a', 'b');
    const judged = { maxFails: 2, failTimeoutMs: 300 };
    using cluster = await RemoteCluster.start({
      upstreams: [
        { url: a.url, ...judged },
        { url: b.url, ...judged },
      ],
    });
    a.behaviour = answersWith(502);
    expect(await cluster.inferMany(8)).toEqual({ b: 8 });
    expect(a.calls.length).toBe(2);
    a.behaviour = answers('a');
    await until('it is tried again', patienceMs, async () => (await cluster.infer()) === 'a');
    expect(cluster.remotes[0]!.condition).toBe('ready');
  });

  it('is ejected for silence where three calls ran into their deadlines after half the read timeout', async () => {
    const [a, b] = await startServers('a', 'b');
    using cluster = await RemoteCluster.start({
      upstreams: [a, b].map(({ url }) => ({ url, readTimeoutMs: 120 })),
    });
    a.behaviour = stalls;
    const outcomes: string[] = [];
    for (let i = 0; i < 6; i++) outcomes.push(await cluster.infer({ timeoutMs: 100 }));
    expect(outcomes.filter((outcome) => outcome === 'deadline-exceeded').length).toBe(3);
    expect(cluster.remotes[0]!.condition).toBe('ejected');
  });
});

describe('in a panic', () => {
  it('the living are used although their checks fail, and nobody waits for a recovery', async () => {
    const [a, b, c, d] = await startServers('a', 'b', 'c', 'd');
    using cluster = await RemoteCluster.start({ upstreams: [a, b, c, d].map(({ url }) => ({ url })) });
    a.ready = b.ready = false;
    await until('two are out', patienceMs, () => cluster.remotes.filter(({ available }) => !available).length === 2);
    await Promise.all([c.stop(), d.stop()]);
    await until('the panic begins', patienceMs, () => cluster.dispatcher.panicking);
    const outcomes = await cluster.inferMany(6);
    expect(Object.keys(outcomes).sort()).toEqual(['a', 'b']);
    a.ready = true;
    await until('it ends', patienceMs, () => !cluster.dispatcher.panicking);
  });

  it('with every server gone the client is told at once', async () => {
    const [a, b] = await startServers('a', 'b');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: a.url }, { url: b.url }] });
    await Promise.all([a.stop(), b.stop()]);
    expect(await cluster.infer({ timeoutMs: 5000 })).toBe('upstream-failed');
  });
});

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

  it('each call in flight, when it is stopped', async () => {
    const [server] = await startServers('a');
    server.behaviour = stalls;
    const cluster = await RemoteCluster.start({ upstreams: [{ url: server.url }] });
    const outcomes = [cluster.infer(), cluster.infer()];
    await until('both have arrived', patienceMs, () => server.open === 2);
    cluster[Symbol.dispose]();
    expect(await Promise.all(outcomes)).toEqual(['shutting-down', 'shutting-down']);
    await until('the server sees the end', patienceMs, () => server.open === 0);
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
      remote.send(new Call({ kind: 'oip', body: Buffer.from('{}'), deadlineMs }, () => {}));
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
