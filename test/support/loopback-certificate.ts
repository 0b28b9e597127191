/**
 * A certificate for localhost and its key, signed by itself, valid for a hundred years. Made for these tests and published with
 * them: it protects nothing. `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost
 * -addext subjectAltName=DNS:localhost,IP:127.0.0.1`
 */

export const loopbackKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBhL9mvGrl5MhD5l+
Qaq62vLMBufVv9vBk5//QrQQPQmhRANCAATxOJbeI/cS5DPbXbXz9MOxgPgXxEWS
96nMjPNaUEpuTon8Q8YSnZVgzqaxHr/Q7uR3xCAhfveUqxgy0WI9uKz5
-----END PRIVATE KEY-----
`;

export const loopbackCertificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIULBvyynD+HIcE9SvkrT9lo2vW6NgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDA2NDIyMVoYDzIxMjYxMDMx
MDY0MjIxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATxOJbeI/cS5DPbXbXz9MOxgPgXxEWS96nMjPNaUEpuTon8Q8YSnZVg
zqaxHr/Q7uR3xCAhfveUqxgy0WI9uKz5o28wbTAdBgNVHQ4EFgQUzRFysRc4fNwR
haovDIup0c1HgnUwHwYDVR0jBBgwFoAUzRFysRc4fNwRhaovDIup0c1HgnUwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgJbl9qKKlbmQ+MwHieGqKzmjOMepXMnvC8WAhVAO/p5oCIQC+
XLH1Vtr3kM2Lh1xuXHjaxF8NNe4ePVqy6SP5j+imNA==
-----END CERTIFICATE-----
`;
