/** The network: whether it may call, where, how encrypted, which devices are paired, and who was refused. */
import { useState } from 'react';
import type { MadeKey } from '../../../server/protocol/admin/key-view.ts';
import type { LanView } from '../../../server/protocol/admin/lan-view.ts';
import type { RefusedClient } from '../../../server/protocol/admin/refused-client.ts';
import { ErrorNotice } from '../../components/Notice.tsx';
import { usePolled } from '../../components/use-polled.ts';
import { Waiting } from '../../frame/Waiting.tsx';
import { CallersCard } from './CallersCard.tsx';
import { CertificateCard } from './CertificateCard.tsx';
import { FirewallCard } from './FirewallCard.tsx';
import { MadeKeyNotice } from './MadeKeyNotice.tsx';
import { NetworkCard } from './NetworkCard.tsx';
import { PairCard } from './PairCard.tsx';
import { RefusedCard } from './RefusedCard.tsx';
import styles from './NetworkTab.module.css';

/** Addresses come and go, and devices are refused, while a person looks. */
const refreshMs = 3000;

export function NetworkTab() {
  const lan = usePolled<LanView>('/lan', refreshMs);
  const refused = usePolled<readonly RefusedClient[]>('/refused-clients', refreshMs);
  const [made, setMade] = useState<MadeKey>();
  if (lan.value === undefined) return lan.error === undefined ? <Waiting /> : <ErrorNotice error={lan.error} />;
  return (
    <div className={styles.stack}>
      {lan.error !== undefined && <ErrorNotice error={lan.error} />}
      {made !== undefined && <MadeKeyNotice made={made} onSeen={() => setMade(undefined)} />}
      <NetworkCard lan={lan.value} onLan={lan.show} onMade={setMade} />
      <RefusedCard
        refused={refused.value ?? []}
        hasAuthority={lan.value.authority !== undefined}
        onChanged={refused.reload}
        onMade={setMade}
      />
      <PairCard isOn={lan.value.listeners.some(({ url }) => url !== undefined)} />
      <CertificateCard lan={lan.value} />
      <CallersCard />
      <FirewallCard firewall={lan.value.firewall} />
    </div>
  );
}
