/** When a remote upstream receives calls: checks, ejection, recovery, panic. */
import { describe, expect, it } from 'vitest';
import { answers, answersWith, metadata, stalls, startServers } from '../support/fake-oip-server.ts';
import { until } from '../support/host-process.ts';
import { RemoteCluster, standing } from '../support/remote-cluster.ts';

/** Slower than any step that is waited for, fast enough to fail in time. */
const patienceMs = 5000;

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

  it('is not blamed for clients that leave, however long they have waited', async () => {
    const [a, b] = await startServers('a', 'b');
    using cluster = await RemoteCluster.start({
      upstreams: [a, b].map(({ url }) => ({ url, readTimeoutMs: 300, maxFails: 1 })),
    });
    const remote = cluster.remotes[0]!;
    a.behaviour = stalls;
    const sent = cluster.submit({ timeoutMs: 10_000 });
    await until('half the read timeout has passed', patienceMs, () => performance.now() - sent.call.sentMs > 160);
    cluster.dispatcher.withdraw(sent.call);
    expect(standing(remote)).toEqual(['ready', 'alive', 'available']);
  });

  it('is reported to its owner at once, before the next check', async () => {
    const [a, b] = await startServers('a', 'b');
    let changes = 0;
    using cluster = await RemoteCluster.start({
      upstreams: [{ url: a.url }, { url: b.url }],
      more: {
        checkTimings: { readyMs: 60_000, transitionMs: 10, downMs: 60_000, timeoutMs: 500 },
        onChange: () => void changes++,
      },
    });
    const before = changes;
    await a.stop();
    expect(await cluster.inferMany(2)).toEqual({ b: 2 });
    expect(changes).toBe(before + 1);
    expect(standing(cluster.remotes[0]!)).toEqual(['ejected', 'alive']);
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

  it('those that are out get half of their weight beside those that are not', async () => {
    const servers = await startServers('a', 'b', 'c', 'd', 'e');
    const [a, b, , d, e] = servers;
    const upstreams = servers.map(({ url }) => ({ url, weight: 2 }));
    using cluster = await RemoteCluster.start({ upstreams });
    a.ready = b.ready = false;
    await until('two are out', patienceMs, () => cluster.remotes.filter(({ available }) => !available).length === 2);
    expect(cluster.remotes.map(({ weight }) => weight)).toEqual([2, 2, 2, 2, 2]);
    await Promise.all([d.stop(), e.stop()]);
    await until('the panic begins', patienceMs, () => cluster.dispatcher.panicking);
    expect(cluster.remotes.slice(0, 3).map(({ weight }) => weight)).toEqual([1, 1, 2]);
    expect(await cluster.inferMany(12)).toEqual({ a: 3, b: 3, c: 6 });
  });

  it('with every server gone the client is told at once', async () => {
    const [a, b] = await startServers('a', 'b');
    using cluster = await RemoteCluster.start({ upstreams: [{ url: a.url }, { url: b.url }] });
    await Promise.all([a.stop(), b.stop()]);
    expect(await cluster.infer({ timeoutMs: 5000 })).toBe('upstream-failed');
  });
});
