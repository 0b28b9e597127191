/**
 * Agents whose every connection goes to an address that has been judged: the name is resolved here, all its addresses are
 * looked at, and the connection goes to one of exactly these. A name that leads elsewhere the next time is judged the next time.
 */
import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import type { ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { addressRefusal } from './endpoint-check.ts';
import type { EndpointRules } from './endpoint-check.ts';

/** Resolves a name to all its addresses. A parameter, so that a test can let a name flip. */
export type Resolve = (
  name: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

export interface CheckedAgentOptions extends EndpointRules {
  /** Connections of one source at once. */
  readonly maxSockets: number;
  /** PEM texts in addition to those of the system. */
  readonly ca?: readonly string[] | undefined;
  readonly resolve?: Resolve;
}

const systemResolve: Resolve = (name, done) => lookup(name, { all: true }, done);

type Created = (error: Error | null, socket: Duplex) => void;

/** What `net.connect` calls to resolve a name; with `all` it wants every address. */
type LookupDone = (error: Error | null, address: string | readonly LookupAddress[], family?: number) => void;

export function checkedHttpAgent(options: CheckedAgentOptions): HttpAgent {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: options.maxSockets });
  return checked(agent, options);
}

export function checkedHttpsAgent(options: CheckedAgentOptions): HttpsAgent {
  const ca = options.ca === undefined ? {} : { ca: [...options.ca] };
  const agent = new HttpsAgent({ keepAlive: true, maxSockets: options.maxSockets, ...ca });
  return checked(agent, options);
}

function checked<T extends HttpAgent>(agent: T, options: CheckedAgentOptions): T {
  const connect = agent.createConnection.bind(agent);
  const resolve = options.resolve ?? systemResolve;
  agent.createConnection = (args: ClientRequestArgs, created?: Created) => {
    const host = (args.host ?? args.hostname ?? '').replace(/^\[|\]$/g, '');
    // Addresses are not resolved, so the look-up below would never see them.
    const refusal = isIP(host) === 0 ? undefined : addressRefusal(host, options, host);
    if (refusal !== undefined) {
      process.nextTick(() => created?.(refusal, undefined as unknown as Duplex));
      return undefined;
    }
    const lookupChecked = (name: string, how: { readonly all?: boolean }, done: LookupDone): void =>
      resolve(name, (error, addresses) => {
        const refused = addresses?.map(({ address }) => addressRefusal(address, options, name)).find(Boolean);
        const failure = error ?? refused ?? (addresses.length === 0 ? new Error(`${name} has no address.`) : undefined);
        if (failure !== undefined) done(failure, []);
        else if (how.all === true) done(null, addresses);
        else done(null, addresses[0]!.address, addresses[0]!.family);
      });
    return connect({ ...args, lookup: lookupChecked as never }, created);
  };
  return agent;
}
