import { describe, expect, it } from 'vitest';
import { askFirewall, netshWords, raisedNetsh } from '../../server/daemon/windows-firewall.ts';

const program = 'C:\\Program Files\\Millrace\\resources\\server\\bin\\node.exe';

describe('the rule of the firewall', () => {
  it('is for one program, inbound, and for no public network', () => {
    const words = netshWords('allow', program);
    expect(words).toContain(`program=${program}`);
    expect(words).toContain('dir=in');
    expect(words).toContain('profile=private,domain');
    expect(words.join(' ')).not.toMatch(/profile=(?:any|public)|localport|remoteip=any/);
  });

  it('is removed by its name', () => {
    expect(netshWords('remove', program)).toEqual([
      'advfirewall',
      'firewall',
      'delete',
      'rule',
      'name=Millrace (apps on the network)',
    ]);
  });

  it('is asked for with raised rights, every word in quotes', () => {
    const { command, args } = raisedNetsh('allow', program);
    expect(command).toBe('powershell.exe');
    expect(args.at(-1)).toContain('-Verb RunAs');
    expect(args.at(-1)).toContain(`"program=${program}"`);
    expect(() => raisedNetsh('allow', "C:\\it's\\node.exe")).toThrow('no Windows has');
  });

  it.each([
    ['allow', 0, undefined],
    ['remove', 0, undefined],
    ['remove', 1, undefined],
    ['allow', 1, 'service-failed'],
    ['allow', 1223, 'forbidden'],
    ['remove', 1223, 'forbidden'],
  ] as const)('%s that ends with %i: %s', async (wish, exitCode, code) => {
    const asked = askFirewall(wish, program, async () => ({ exitCode, text: '' }));
    if (code === undefined) await expect(asked).resolves.toBeUndefined();
    else await expect(asked).rejects.toMatchObject({ code });
  });
});
