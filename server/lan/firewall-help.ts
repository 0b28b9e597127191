/** What a person may have to tell the firewall of their system: commands, scoped to this port and the local network. Pure. */
import type { FirewallHelp } from '../protocol/admin/lan-view.ts';

export function firewallHelp(platform: NodeJS.Platform, port: number, programPath: string): FirewallHelp {
  switch (platform) {
    case 'win32':
      return {
        system: 'windows',
        sentence:
          'Windows lets nobody in without a rule. It asked for one when the network was let in; if nobody agreed, calls are blocked.',
        commands: [
          { title: 'Let private networks in; Windows asks for an administrator', command: 'millrace firewall allow' },
          { title: 'Take it back', command: 'millrace firewall remove' },
          {
            title: 'See whether this network counts as private',
            command: 'Get-NetConnectionProfile | Select-Object Name, NetworkCategory',
          },
        ],
      };
    case 'darwin':
      return {
        system: 'macos',
        sentence: 'macOS asks once whether this program may accept connections, where its firewall is on.',
        commands: [
          {
            title: 'Let it in',
            command: `sudo /usr/libexec/ApplicationFirewall/socketfilterfw --add "${programPath}" --unblockapp "${programPath}"`,
          },
          {
            title: 'Take it back',
            command: `sudo /usr/libexec/ApplicationFirewall/socketfilterfw --blockapp "${programPath}"`,
          },
          {
            title: 'See whether the firewall is on',
            command: '/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate',
          },
        ],
      };
    default:
      return {
        system: 'linux',
        sentence: 'Many Linux systems have no firewall that is on; Fedora and some servers do.',
        commands: [
          { title: 'With ufw', command: `sudo ufw allow proto tcp from 192.168.0.0/16 to any port ${port}` },
          {
            title: 'With firewalld',
            command: `sudo firewall-cmd --permanent --zone=home --add-port=${port}/tcp && sudo firewall-cmd --reload`,
          },
          {
            title: 'Take it back (ufw)',
            command: `sudo ufw delete allow proto tcp from 192.168.0.0/16 to any port ${port}`,
          },
          {
            title: 'Take it back (firewalld)',
            command: `sudo firewall-cmd --permanent --zone=home --remove-port=${port}/tcp && sudo firewall-cmd --reload`,
          },
          { title: 'See whether one is on', command: 'sudo ufw status; sudo firewall-cmd --state' },
        ],
      };
  }
}
