/**
 * What went wrong with an S3 request, in our words. Judged by code and status, never by text; what servers write is not repeated,
 * because it may hold keys, host ids or markup.
 */
import { MillraceError } from '../base/errors.ts';
import { sourceFailure } from './source-failure.ts';
import type { SourceFailureReason } from './source-failure.ts';
import { quoted } from './source-key.ts';

/** What the SDK's errors have in common; every member may be missing. */
interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly cause?: unknown;
}

export interface FailedRequest {
  /** For people. */
  readonly address: string;
  readonly bucket: string;
  /** The object asked for; undefined for a listing. */
  readonly key?: string;
  readonly doing: 'read' | 'write';
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_CONSTANT',
]);

const credentialNames = new Set([
  'CredentialsProviderError',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
  'AuthorizationHeaderMalformed',
  'RequestTimeTooSkewed',
  'ProviderError',
  'TokenProviderError',
]);

const busyNames = new Set(['SlowDown', 'ServiceUnavailable', 'RequestTimeout', 'InternalError', 'TimeoutError']);

const tlsCode = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_OSSL_)/;

export function s3Failure(error: unknown, request: FailedRequest): MillraceError {
  const ours = ownError(error);
  if (ours !== undefined) return ours;
  const { name = '', code = '', Code, $metadata } = (error ?? {}) as SdkError;
  const status = $metadata?.httpStatusCode;
  const { address, bucket, key } = request;
  const what = key === undefined ? address : `${quoted(key)} in ${address}`;
  // The SDK's error carries the whole answer, which does not belong into a log.
  const cause = new Error([name, Code, code, status].filter((each) => each !== undefined && each !== '').join(' '));
  const fail = (reason: SourceFailureReason, message: string, hint: string): MillraceError =>
    sourceFailure(reason, message, hint, cause);

  if (tlsCode.test(code)) {
    return fail(
      'unreachable',
      `The certificate of ${address} is not trusted (${code}).`,
      'Name the file with its certificate authority as `caFile`, or correct the host name in the endpoint.',
    );
  }
  if (credentialNames.has(name) || credentialNames.has(Code ?? '')) {
    return fail('credentials', credentialSentence(address, name), credentialHint(name));
  }
  if (name === 'NoSuchBucket' || (status === 404 && key === undefined)) {
    return fail('missing', `There is no bucket ${bucket} at ${address}.`, 'Correct the bucket, or make it.');
  }
  if (status === 404) return fail('missing', `${what} is gone.`, 'Sync again.');
  if (status === 412) {
    return fail('changed', `${what} changed while it was being fetched.`, 'It is fetched again by the next sync.');
  }
  if (status === 401 || status === 403) {
    const reason = request.doing === 'write' ? 'not-writable' : 'forbidden';
    const may = request.doing === 'write' ? 'written' : 'read';
    return fail(
      reason,
      `${what} may not be ${may} with these credentials (status ${status}).`,
      `Give them the right to ${request.doing === 'write' ? 's3:PutObject' : 's3:ListBucket and s3:GetObject'}.`,
    );
  }
  if (status === 416) {
    return fail('size', `${what} has fewer bytes than were listed.`, 'Wait until it has been uploaded completely.');
  }
  if ((status !== undefined && (status >= 500 || status === 429)) || busyNames.has(name)) {
    const said = status === undefined ? 'did not answer in time' : `answered with status ${status}`;
    return fail('unreachable', `${address} ${said}.`, 'Try again; look at the server where it stays so.');
  }
  if (networkCodes.has(code)) {
    return fail(
      'unreachable',
      `${address} cannot be reached (${code}).`,
      'Check the endpoint, the network and that the server runs.',
    );
  }
  return fail(
    'protocol',
    `${address} gave an answer that is not S3's${status === undefined ? '' : ` (status ${status})`}.`,
    'Check that the endpoint is an S3 server.',
  );
}

function credentialSentence(address: string, name: string): string {
  if (name === 'RequestTimeTooSkewed') return `${address} refuses the request: the clock of this machine is wrong.`;
  if (name === 'CredentialsProviderError' || name.endsWith('ProviderError')) {
    return `There are no credentials for ${address}.`;
  }
  return `${address} does not accept the credentials (${name}).`;
}

function credentialHint(name: string): string {
  if (name === 'RequestTimeTooSkewed') return 'Set the clock.';
  return 'Store a key with `millrace sources credentials <name>`, or set up AWS’s own: AWS_ACCESS_KEY_ID or ~/.aws.';
}

/** Agents and guards fail with errors of ours, which the SDK may wrap. */
function ownError(error: unknown): MillraceError | undefined {
  for (let each = error, depth = 0; each !== undefined && each !== null && depth < 4; depth++) {
    if (each instanceof MillraceError) return each;
    each = (each as SdkError).cause;
  }
  return undefined;
}
