import { describe, expect, it } from 'vitest';
import { isLoopback, isNear, resolveEndpoint } from '../../server/loadtest/endpoint.ts';

describe('where a load test may go', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.7.7',
    '169.254.1.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
  ])('%s is near', (address) => expect(isNear(address)).toBe(true));

  it.each([
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.1.1',
    '11.0.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '2001:db8::1',
    '::',
    '::ffff:8.8.8.8',
  ])('%s is not', (address) => expect(isNear(address)).toBe(false));

  it('is this machine only for loopback addresses', () => {
    expect(isLoopback('127.0.0.2') && isLoopback('::1')).toBe(true);
    expect(isLoopback('192.168.0.1')).toBe(false);
  });
});

describe('an endpoint', () => {
  it('has address, port, host and the path before the protocol', async () => {
    expect(await resolveEndpoint('http://[::1]:8123/proxy/', false)).toMatchObject({
      secure: false,
      address: '::1',
      port: 8123,
      host: '[::1]:8123',
      hostName: '::1',
      basePath: '/proxy',
    });
    expect(await resolveEndpoint('https://10.0.0.1', true)).toMatchObject({
      secure: true,
      port: 443,
      insecure: true,
      basePath: '',
    });
  });

  it('is judged by the address of a name, which is kept', async () => {
    expect((await resolveEndpoint('http://pc', false, async () => '192.168.1.5')).address).toBe('192.168.1.5');
    await expect(resolveEndpoint('http://pc', false, async () => '203.0.113.9')).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('203.0.113.9') as string,
    });
  });

  it.each(['ftp://127.0.0.1', 'iris', 'http://user:secret@127.0.0.1'])(
    'is refused for %s, without its secret',
    async (url) => {
      const error = await resolveEndpoint(url, false).catch((reason: Error) => reason);
      expect(error).toMatchObject({ code: 'invalid-config' });
      expect((error as Error).message).not.toContain('secret');
    },
  );
});
