import { describe, expect, it } from 'vitest';
import { addressRefusal, classifyAddress, parseEndpoint } from '../../server/sources/endpoint-check.ts';
import type { AddressKind } from '../../server/sources/endpoint-check.ts';

const strict = { allowPrivateEndpoint: false };
const lax = { allowPrivateEndpoint: true };

describe('an address', () => {
  it.each<[string, AddressKind]>([
    ['52.216.1.1', 'public'],
    ['172.32.0.1', 'public'],
    ['100.128.0.1', 'public'],
    ['2600:1f68::1', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['0:0:0:0:0:ffff:7f00:0001', 'loopback'],
    ['::127.0.0.1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.9', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['::ffff:10.1.2.3', 'private'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['::ffff:a9fe:a9fe', 'metadata'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['fe80::1', 'metadata'],
    ['fe80::1%eth0', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['192.0.0.192', 'metadata'],
    ['0.0.0.0', 'unusable'],
    ['::', 'unusable'],
    ['224.0.0.1', 'unusable'],
    ['255.255.255.255', 'unusable'],
    ['ff02::1', 'unusable'],
    ['2001::1', 'unusable'],
    ['not an address', 'unusable'],
  ])('%s is %s', (address, kind) => {
    expect(classifyAddress(address)).toBe(kind);
  });

  it('of this machine or network is refused until a person allows it', () => {
    for (const address of ['127.0.0.1', '10.0.0.1', '::1']) {
      expect(addressRefusal(address, strict, address)).toMatchObject({
        details: { reason: 'endpoint' },
        retryable: false,
      });
      expect(addressRefusal(address, lax, address)).toBeUndefined();
    }
    expect(addressRefusal('52.216.1.1', strict, 'x')).toBeUndefined();
  });

  it('of a cloud’s credentials is refused whoever allows what', () => {
    for (const address of ['169.254.169.254', '::ffff:a9fe:a9fe', 'fd00:ec2::254', '0.0.0.0']) {
      expect(addressRefusal(address, lax, address)).toMatchObject({ code: 'source-failed' });
    }
  });

  it('is named together with the name that led to it', () => {
    expect(addressRefusal('127.0.0.1', strict, 'flip.example')?.message).toBe(
      'flip.example leads to 127.0.0.1, an address of this machine, and this source may not ask those.',
    );
  });
});

describe('an endpoint', () => {
  it.each([
    ['file:///etc/passwd', 'begins with file:'],
    ['ftp://host', 'begins with ftp:'],
    ['minio:9000', 'begins with minio:'],
    ['nonsense', 'is no URL'],
    ['http://user:secret@host', 'user name or a password'],
    ['http://host/?x=1', 'query'],
    ['http://host/#x', 'fragment'],
    ['http://169.254.169.254', 'credentials'],
    ['http://127.0.0.1:8090', 'this machine'],
    ['http://[::1]:9000', 'this machine'],
    ['http://[::ffff:127.0.0.1]', 'this machine'],
    ['http://2130706433', 'this machine'],
    ['http://0x7f.1', 'this machine'],
    ['http://127.1', 'this machine'],
    ['http://localhost:9000', 'this machine'],
    ['http://LOCALHOST.:9000', 'this machine'],
    ['http://minio.localhost', 'this machine'],
    ['http://192.168.0.10:9000', 'private network'],
  ])('%s is refused: %s', (text, why) => {
    expect(() => parseEndpoint(text, strict)).toThrow(why);
  });

  it.each(['http://169.254.169.254', 'http://[fd00:ec2::254]', 'file:///x', 'http://0.0.0.0'])(
    '%s is refused even where private ones are allowed',
    (text) => {
      expect(() => parseEndpoint(text, lax)).toThrow();
    },
  );

  it('never repeats a password', () => {
    expect.assertions(1);
    try {
      parseEndpoint('http://user:hunter2@host', strict);
    } catch (error) {
      expect(JSON.stringify([(error as Error).message, error])).not.toContain('hunter2');
    }
  });

  it('with a public name, or allowed, is taken as it is', () => {
    expect(parseEndpoint('https://s3.example.com/base', strict).href).toBe('https://s3.example.com/base');
    expect(parseEndpoint('http://192.168.0.10:9000', lax).host).toBe('192.168.0.10:9000');
    expect(parseEndpoint('http://localhost:9000', lax).port).toBe('9000');
  });
});
