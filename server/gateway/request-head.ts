/**
 * The few request headers that the inference listener reads, taken from Node's raw list in one pass. Building the object of
 * all headers, as `request.headers` does, costs more than the rest of routing.
 */

export interface RequestHead {
  readonly host: string | undefined;
  /** A second Host header is an attack or a broken proxy. */
  readonly hostCount: number;
  readonly contentLength: number | undefined;
  readonly contentEncoding: string | undefined;
  readonly acceptEncoding: string | undefined;
  readonly inferenceHeaderContentLength: string | undefined;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly cacheControl: string | undefined;
  /** May hold a key, as may `apiKey`. */
  readonly authorization: string | undefined;
  /** Of `x-api-key`. */
  readonly apiKey: string | undefined;
  /** Proxies on the way, this program's remote upstreams among them. */
  readonly via: string | undefined;
}

export function readRequestHead(raw: readonly string[]): RequestHead {
  let host: string | undefined;
  let hostCount = 0;
  let contentLength: number | undefined;
  let contentEncoding: string | undefined;
  let acceptEncoding: string | undefined;
  let inferenceHeaderContentLength: string | undefined;
  let origin: string | undefined;
  let secFetchSite: string | undefined;
  let cacheControl: string | undefined;
  let authorization: string | undefined;
  let apiKey: string | undefined;
  let via: string | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    // The length tells most headers apart before a letter is compared.
    switch (name.length) {
      case 3:
        if (is(name, 'via')) via = value;
        break;
      case 4:
        if (is(name, 'host')) {
          host = value;
          hostCount++;
        }
        break;
      case 6:
        if (is(name, 'origin')) origin = value;
        break;
      case 9:
        if (is(name, 'x-api-key')) apiKey = value;
        break;
      case 13:
        if (is(name, 'cache-control')) cacheControl = value;
        else if (is(name, 'authorization')) authorization = value;
        break;
      case 14:
        if (is(name, 'content-length')) contentLength = Number(value);
        else if (is(name, 'sec-fetch-site')) secFetchSite = value;
        break;
      case 15:
        if (is(name, 'accept-encoding')) acceptEncoding = value;
        break;
      case 16:
        if (is(name, 'content-encoding')) contentEncoding = value;
        break;
      case 31:
        if (is(name, 'inference-header-content-length')) inferenceHeaderContentLength = value;
        break;
    }
  }
  return {
    host,
    hostCount,
    contentLength,
    contentEncoding,
    acceptEncoding,
    inferenceHeaderContentLength,
    origin,
    secFetchSite,
    cacheControl,
    authorization,
    apiKey,
    via,
  };
}

function is(name: string, lowerCase: string): boolean {
  return name === lowerCase || name.toLowerCase() === lowerCase;
}

/** One header's value, for the rare ones: session headers and cookies that a model's settings name. */
export function rawHeader(raw: readonly string[], lowerCase: string): string | undefined {
  for (let i = 0; i < raw.length; i += 2) if (is(raw[i]!, lowerCase)) return raw[i + 1];
  return undefined;
}

/** The value of one cookie, undefined where it is not sent. */
export function cookieValue(cookieHeader: string | undefined, name: string): string | undefined {
  for (const part of cookieHeader?.split(';') ?? []) {
    const separator = part.indexOf('=');
    if (separator !== -1 && part.slice(0, separator).trim() === name) return part.slice(separator + 1).trim();
  }
  return undefined;
}
