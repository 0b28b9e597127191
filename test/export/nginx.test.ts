import { describe, expect, it } from 'vitest';
import { exportNginx } from '../../server/export/nginx.ts';
import type { NginxWishes } from '../../server/protocol/admin/export.ts';
import { newNginxExportSchema } from '../../server/protocol/admin/export.ts';
import { factsOf, nginxWishesOf } from './export-wishes.ts';

const hosts = ['http://10.0.0.5:8000', 'http://10.0.0.6:8000'];
const made = (wishes: Partial<NginxWishes> = {}, facts = factsOf()) =>
  exportNginx(facts, nginxWishesOf({ hosts, ...wishes }));
const textOf = (...args: Parameters<typeof made>): string => made(...args).files[0]!.text;

describe('the configuration', () => {
  it('has every host, with bounds on what a dead one costs', () => {
    const text = textOf();
    for (const host of ['10.0.0.5:8000', '10.0.0.6:8000']) {
      expect(text).toContain(`  server ${host} max_fails=2 fail_timeout=5s;`);
    }
    expect(text).toContain('  proxy_connect_timeout 2s;');
    expect(text).toContain('  proxy_next_upstream_tries 2;');
  });

  it('sends a request that may have run again only on paths that change nothing', () => {
    const text = textOf();
    const again = [...text.matchAll(/location (.+) \{\n\s+proxy_next_upstream ([^;]+);/g)];
    expect(again.length).toBe(4);
    for (const [, place, failures] of again) {
      expect(place).toMatch(/^~ \^\//);
      expect(failures).toBe('error timeout non_idempotent');
    }
    expect(text.match(/non_idempotent/g)).toHaveLength(4);
    expect(text).toMatch(/^ {2}proxy_next_upstream error timeout;$/m);
    // A full queue is an answer.
    expect(text).not.toContain('http_503');
  });

  it('waits longer than the slowest model of the host may take, and takes bodies as large as the host does', () => {
    const text = textOf({}, factsOf({ longestTimeoutMs: 120_400, maxBodyBytes: 1_048_576 }));
    expect(text).toContain('  proxy_read_timeout 126s;');
    expect(text).toContain('  proxy_next_upstream_timeout 252s;');
    expect(text).toContain('  client_max_body_size 1048576;');
  });

  it('passes on the names that it was told and refuses others; without any it asks by one that every host accepts', () => {
    expect(textOf()).toContain('proxy_set_header Host localhost;');
    const named = made({ serverNames: ['models.example', 'm'] });
    expect(named.files[0]!.text).toContain('proxy_set_header Host $host;');
    expect(named.files[0]!.text).toContain('  server_name models.example m;');
    expect(named.files[0]!.text).toMatch(/default_server;[^}]+return 421;/);
    expect(named.notes).toContainEqual(expect.stringContaining('"allowedHosts": ["models.example","m"]'));
    expect(textOf()).not.toContain('421');
  });

  it('keeps the figures of single hosts to themselves', () => {
    expect(textOf()).toMatch(/location = \/metrics \{\n\s+return 404;/);
  });

  it('serves over TLS where it is given a certificate', () => {
    const text = textOf({ certificate: '/etc/ssl/m.pem', certificateKey: '/etc/ssl/m.key' });
    expect(text).toContain('  listen 443 ssl;');
    expect(text).toContain('  ssl_certificate     /etc/ssl/m.pem;');
    expect(textOf({ listen: '127.0.0.1:8080' })).toContain('  listen 127.0.0.1:8080;');
    expect(textOf()).toContain('  listen 80;');
  });

  it('asks hosts over TLS where they are named so', () => {
    const text = textOf({ hosts: ['https://a:8443', 'https://b'], hostAuthority: '/etc/ssl/ca.pem' });
    expect(text).toContain('server a:8443 ');
    expect(text).toContain('server b:443 ');
    expect(text).toContain('proxy_pass https://millrace;');
    expect(text).toContain('proxy_ssl_trusted_certificate /etc/ssl/ca.pem;');
    expect(text).toContain('proxy_ssl_verify on;');
    expect(made({ hosts: ['https://a', 'https://b'] }).notes.join()).toContain('--host-authority');
  });
});

describe('what does not go together', () => {
  it.each<[string, Partial<NginxWishes>]>([
    ['go together', { certificate: '/a' }],
    ['go together', { certificateKey: '/a' }],
    ['Some hosts are https', { hosts: ['http://a', 'https://b'] }],
    ['named twice', { hosts: ['http://a', 'http://A:80'] }],
  ])('is refused: %s', (part, wishes) => {
    expect(() => made(wishes)).toThrow(
      expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining(part) }),
    );
  });

  it.each([
    'ftp://a',
    'http://a/path',
    'http://u:p@a',
    'http://a?x',
    'http://a;',
    'http://a b',
    'http://a}',
    'http://$host',
  ])('an address like %s is none', (host) => {
    expect(newNginxExportSchema.safeParse({ hosts: [host] }).success).toBe(false);
  });

  it.each([
    { serverNames: ['a;b'] },
    { serverNames: ['a b'] },
    { listen: '80; return 200' },
    { certificate: '/a b' },
    { certificate: '/a;', certificateKey: '/b' },
    { certificate: 'relative' },
  ])('nothing of a wish gets out of its place: %j', (wishes) => {
    expect(newNginxExportSchema.safeParse({ hosts, ...wishes }).success).toBe(false);
  });

  it('says that one host alone has no other to go to', () => {
    expect(made({ hosts: ['http://a'] }).notes[0]).toContain('With one host');
  });
});
