/** Connect: how apps reach the models from here and from the network, their keys, and a test of it all. */
import { LinkTabs } from '../../components/LinkTabs.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { t } from '../../texts/t.ts';
import { AddressTab } from './AddressTab.tsx';
import { CheckTab } from './CheckTab.tsx';
import { KeysTab } from './KeysTab.tsx';
import { NetworkTab } from './NetworkTab.tsx';

const tabs = ['address', 'network', 'keys', 'check'] as const;

export function ConnectPlace({ tab = 'address' }: { readonly tab?: string | undefined }) {
  const pathOf = (each: string): string => (each === 'address' ? '/connect' : `/connect/${each}`);
  return (
    <>
      <PageHead title={t('place.connect')} lead={t('connect.lead')} />
      <LinkTabs
        label={t('connect.tabs')}
        current={pathOf(tab)}
        tabs={tabs.map((each) => ({ path: pathOf(each), text: t(`connect.tab.${each}`) }))}
      />
      {tab === 'network' ? (
        <NetworkTab />
      ) : tab === 'keys' ? (
        <KeysTab />
      ) : tab === 'check' ? (
        <CheckTab />
      ) : (
        <AddressTab />
      )}
    </>
  );
}
