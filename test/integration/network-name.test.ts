/** The name that the network is told, over real multicast: found by a question, another one where it is taken, taken back at the end. */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { Announcer } from '../../server/lan/announcer.ts';
import { until } from '../support/host-process.ts';

const address = Object.values(networkInterfaces())
  .flat()
  .find((each) => each !== undefined && each.family === 'IPv4' && !each.internal)?.address;
if (address === undefined) console.warn('Skipped: there is no network to tell a name to.');

/** A name of its own, so that no Millrace nearby has it. */
const name = `millrace-test-${process.pid}`;

/** Asks the network once for the address of `<host>.local`, and again until somebody answers or a second has passed. */
async function ask(host: string): Promise<string | undefined> {
  const label = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  // One question for an A record, to be answered to the one who asks (RFC 6762, 5.4).
  const question = Buffer.concat([
    Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    label(host),
    label('local'),
    Buffer.from([0, 0, 1, 0x80, 1]),
  ]);
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  let found: string | undefined;
  socket.on('message', (message) => {
    if (message.includes(host)) found = [...message.subarray(-4)].join('.');
  });
  await new Promise<void>((resolve) => socket.bind(0, address!, resolve));
  socket.setMulticastInterface(address!);
  for (let tries = 0; tries < 10 && found === undefined; tries++) {
    socket.send(question, 5353, '224.0.0.251');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  socket.close();
  return found;
}

it.skipIf(address === undefined)(
  'is found, counted up where it is taken, and gone at the end',
  { timeout: 60_000 },
  async () => {
    const trouble: unknown[] = [];
    const [one, two] = [new Announcer((error) => trouble.push(error)), new Announcer((error) => trouble.push(error))];
    const at = { name, port: 8000, addresses: [address!], isSecure: true };
    try {
      await one.set(at);
      // Where multicast is forbidden there is no name, and nothing else is lost.
      if (one.name === undefined || (await ask(name)) === undefined) {
        console.warn('Skipped: this network carries no multicast.');
        return;
      }
      expect(one.name).toBe(`${name}.local`);
      await two.set({ ...at, port: 8001 });
      expect(two.name).toBe(`${name}-2.local`);
      expect(await ask(`${name}-2`)).toBeDefined();
      await two.set(undefined);
      expect(two.name).toBeUndefined();
      await until('nobody has the second name', 10_000, async () => (await ask(`${name}-2`)) === undefined);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
    expect(trouble).toEqual([]);
  },
);
