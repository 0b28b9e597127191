import { describe, expect, it } from 'vitest';
import { lanWishSchema } from '../../server/protocol/admin/lan-view.ts';
import { firewallHelp } from '../../server/lan/firewall-help.ts';
import { handshakeTrouble } from '../../server/lan/handshake-trouble.ts';
import { hostOf, isPublic, kindOf, networkAddresses } from '../../server/lan/network-addresses.ts';
import { planListeners, wantedAddresses } from '../../server/lan/plan-listeners.ts';

describe('an address', () => {
  it.each([
    ['192.168.1.5', 'eth0', 'private'],
    ['10.0.3.7', 'Ethernet', 'private'],
    ['172.16.0.1', 'en0', 'private'],
    ['172.32.0.1', 'en0', 'public'],
    ['fd00::7', 'en0', 'private'],
    ['172.17.0.1', 'docker0', 'virtual'],
    ['192.168.56.1', 'vboxnet0', 'virtual'],
    ['172.29.0.1', 'vEthernet (WSL)', 'virtual'],
    ['10.8.0.2', 'tun0', 'vpn'],
    ['100.64.1.1', 'tailscale0', 'vpn'],
    ['100.100.0.1', 'eth9', 'vpn'],
    ['8.8.8.8', 'eth0', 'public'],
    ['2001:4860::8', 'eth0', 'public'],
    ['127.0.0.1', 'lo', undefined],
    ['::1', 'lo', undefined],
    ['169.254.3.4', 'eth0', undefined],
    ['fe80::1', 'eth0', undefined],
  ] as const)('%s on %s is %s', (address, name, kind) => {
    expect(kindOf(address, name)).toBe(kind);
  });

  it('is public where its form says so, whatever the interface', () => {
    expect(['8.8.8.8', '2001:db8::1', '192.0.2.1'].map(isPublic)).toEqual([true, true, true]);
    expect(['10.1.1.1', '100.64.0.1', '127.0.0.2', 'fd12::1', 'fe80::1'].map(isPublic)).toEqual(Array(5).fill(false));
  });

  it('has brackets in a URL where it has colons', () => {
    expect([hostOf('10.0.0.1'), hostOf('fd00::7')]).toEqual(['10.0.0.1', '[fd00::7]']);
  });

  it('of an interface inside the machine is none', () => {
    const info = { netmask: '', family: 'IPv4' as const, mac: '', cidr: null };
    expect(
      networkAddresses({
        eth0: [{ ...info, address: '192.168.1.5', internal: false }],
        odd0: [{ ...info, address: '192.168.9.9', internal: true }],
        gone: undefined,
      }),
    ).toEqual([{ address: '192.168.1.5', interfaceName: 'eth0', kind: 'private' }]);
  });
});

describe('what should listen', () => {
  const present = [
    { address: '192.168.1.5', interfaceName: 'eth0', kind: 'private' as const },
    { address: '8.8.8.8', interfaceName: 'eth1', kind: 'public' as const },
    { address: '172.17.0.1', interfaceName: 'docker0', kind: 'virtual' as const },
    { address: '10.8.0.2', interfaceName: 'tun0', kind: 'vpn' as const },
  ];
  const wish = (change: object) => lanWishSchema.parse({ on: true, ...change });

  it('is nothing while it is off, and the private addresses where none are named', () => {
    expect(wantedAddresses(lanWishSchema.parse({}), present)).toEqual([]);
    expect(wantedAddresses(wish({}), present).map(({ address }) => address)).toEqual(['192.168.1.5']);
  });

  it('is exactly what is named, also what is not there now', () => {
    expect(wantedAddresses(wish({ addresses: ['10.8.0.2', '192.168.7.7', '9.9.9.9'] }), present)).toEqual([
      present[3],
      { address: '192.168.7.7', interfaceName: '', kind: 'private' },
      { address: '9.9.9.9', interfaceName: '', kind: 'public' },
    ]);
  });

  it('is opened and closed by the difference', () => {
    const [first, , third] = present;
    expect(planListeners(['192.168.1.5', '10.9.9.9'], [first!, third!])).toEqual({
      open: [third],
      close: ['10.9.9.9'],
    });
    expect(planListeners(['192.168.1.5'], [first!])).toEqual({ open: [], close: [] });
  });
});

describe('help', () => {
  it.each([
    ['win32', /millrace firewall allow/],
    ['darwin', /socketfilterfw --add "\/opt\/node"/],
    ['linux', /ufw allow proto tcp from 192\.168\.0\.0\/16 to any port 8000/],
    ['freebsd', /firewalld|ufw/],
  ] as const)('for the firewall of %s lets the local network in and can be taken back', (platform, pattern) => {
    const { commands } = firewallHelp(platform, 8000, '/opt/node');
    expect(commands.map(({ command }) => command).join('\n')).toMatch(pattern);
    expect(commands.some(({ title }) => title.startsWith('Take it back'))).toBe(true);
    expect(JSON.stringify(commands)).not.toContain('0.0.0.0');
  });

  it('says why a handshake failed, and nothing of a line that broke', () => {
    expect(handshakeTrouble('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')).toBe('it does not know the authority');
    expect(handshakeTrouble('ERR_SSL_SOMETHING_NEW')).toBe('something new');
    expect([handshakeTrouble('ECONNRESET'), handshakeTrouble('')]).toEqual([undefined, undefined]);
  });
});
