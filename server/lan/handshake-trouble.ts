/** Why a TLS handshake failed, in words that help a person; undefined where it says nothing about the client. Pure. */

const words: Readonly<Record<string, string>> = {
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not know the authority',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it calls the certificate bad',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'it does not know the certificate',
  ERR_SSL_TLS_ALERT_CERTIFICATE_UNKNOWN: 'it does not know the certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'it finds the certificate too old, or its clock is wrong',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'it called a name that is not in the certificate',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks TLS older than 1.2',
  ERR_SSL_NO_SHARED_CIPHER: 'no common encryption',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_HTTP_REQUEST: 'it does not speak TLS',
};

/** A line that breaks is no trouble with the certificate. */
const silent = new Set(['ECONNRESET', 'EPIPE', 'ERR_TLS_HANDSHAKE_TIMEOUT', 'ETIMEDOUT', '']);

export function handshakeTrouble(code: string): string | undefined {
  if (silent.has(code)) return undefined;
  return (
    words[code] ??
    code
      .replace(/^ERR_SSL_/, '')
      .toLowerCase()
      .replaceAll('_', ' ')
  );
}
