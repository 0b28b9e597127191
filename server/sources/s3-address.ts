/** An S3 source as people read it; holds no secret, because settings hold none. */
import type { S3Settings } from '../protocol/admin/source-settings.ts';

export function s3Address({ bucket, prefix, endpoint, region }: S3Settings): string {
  const where = endpoint === undefined ? `AWS ${region}` : withoutUser(endpoint);
  return `s3://${bucket}${prefix === '' ? '' : `/${prefix}`} at ${where}`;
}

/** An endpoint with a password in it is refused when it is used; it must not be shown before. */
function withoutUser(endpoint: string): string {
  const url = URL.parse(endpoint);
  return url === null ? 'an endpoint that is no URL' : `${url.origin}${url.pathname.replace(/\/$/, '')}`;
}
