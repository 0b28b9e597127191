/** Binding a server to its port, or to the next free one. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MillraceError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';

/** Ports to try after the preferred one. */
const nextPorts = 10;

/**
 * Listens on `port` or, where another program holds it, on the next free one, and says so. 0 takes any free port.
 * Resolves with the port that is used; throws `port-in-use` when none of them is free.
 */
export async function listenNear(server: Server, host: string, port: number, log: Log, what: string): Promise<number> {
  const last = port === 0 ? 0 : Math.min(65_535, port + nextPorts);
  for (let candidate = port; ; candidate++) {
    try {
      await listenOn(server, host, candidate);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      if (candidate < last) continue;
      throw new MillraceError('port-in-use', `The ports ${port} to ${last} on ${host} are in use by other programs.`, {
        hint: `Choose another port for the ${what} listener in the settings.`,
      });
    }
    const used = (server.address() as AddressInfo).port;
    if (port !== 0 && used !== port) {
      log.warn(`Port ${port} is in use by another program; the ${what} listener uses ${used}.`);
    }
    return used;
  }
}

function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
