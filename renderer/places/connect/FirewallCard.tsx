/** What to tell the firewall of this computer's system, where nothing arrives. */
import type { FirewallHelp } from '../../../server/protocol/admin/lan-view.ts';
import { Card } from '../../components/Card.tsx';
import { CodeBlock } from '../../components/CodeBlock.tsx';
import { t } from '../../texts/t.ts';
import styles from './FirewallCard.module.css';

export function FirewallCard({ firewall: { sentence, commands } }: { readonly firewall: FirewallHelp }) {
  return (
    <Card title={t('network.firewall')}>
      <p translate="no">{sentence}</p>
      <details className={styles.more}>
        <summary>{t('network.firewallShow')}</summary>
        <ul className={styles.commands}>
          {commands.map(({ title, command }) => (
            <li key={title}>
              <p translate="no">{title}</p>
              <CodeBlock code={command} label={title} />
            </li>
          ))}
        </ul>
      </details>
    </Card>
  );
}
