/** The addresses that apps call, code that calls them, and what else is there. */
import { Monitor, Network } from 'lucide-react';
import { useState } from 'react';
import type { HostView } from '../../../server/protocol/admin/host-view.ts';
import type { RefusedClient } from '../../../server/protocol/admin/refused-client.ts';
import { Card } from '../../components/Card.tsx';
import { CodeBlock } from '../../components/CodeBlock.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Choice } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { usePolled } from '../../components/use-polled.ts';
import { useHost } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import type { PlainTextKey } from '../../texts/t.ts';
import { exampleRequest } from '../../try/example-request.ts';
import { easiestModel } from '../try/easiest-model.ts';
import { Snippets } from '../try/SnippetCard.tsx';
import styles from './AddressTab.module.css';

const refusedMs = 10_000;

export function AddressTab() {
  const host = useHost()!;
  const refused = usePolled<readonly RefusedClient[]>('/refused-clients', refusedMs);
  return (
    <div className={styles.stack}>
      {refused.value !== undefined && refused.value.length > 0 && (
        <Notice tone="attention" title={t('connect.refusedNow', { count: refused.value.length })} />
      )}
      <Card title={t('connect.address')}>
        <div className={styles.addresses}>
          <div className={styles.address}>
            <Monitor aria-hidden="true" />
            <div className={styles.words}>
              <p className={styles.where}>{t('connect.thisComputer')}</p>
              <Url url={host.inferenceUrl} />
              <p>{host.needsKey ? t('connect.needsKey') : t('connect.onlyHere')}</p>
              <p className={styles.faint}>{t('connect.protocol')}</p>
            </div>
            <p className={styles.faint}>{t('connect.connections', { count: host.connections })}</p>
          </div>
          {host.lan.urls.length > 0 && (
            <div className={styles.address}>
              <Network aria-hidden="true" />
              <div className={styles.words}>
                <p className={styles.where}>{t('connect.onNetwork')}</p>
                {host.lan.urls.map((url) => (
                  <Url key={url} url={url} />
                ))}
                {host.lan.urls.some((url) => url.startsWith('https:')) && <p>{t('connect.certificateFirst')}</p>}
              </div>
            </div>
          )}
        </div>
      </Card>
      <ConnectCode host={host} />
      <div className={styles.split}>
        <Card title={t('connect.more')}>
          <ul className={styles.links}>
            {pages.map(({ path, name }) => (
              <li key={path}>
                <a href={`${host.inferenceUrl}${path}`} target="_blank" rel="noreferrer">
                  <code translate="no">{path}</code>
                </a>
                <span>{t(name)}</span>
              </li>
            ))}
          </ul>
        </Card>
        <Card title={t('connect.check')}>
          <CodeBlock code={`curl -i ${host.inferenceUrl}/v2/health/ready`} label={t('command.label')} />
          <p className={styles.faint}>{t('connect.checkHint')}</p>
        </Card>
      </div>
    </div>
  );
}

function Url({ url }: { readonly url: string }) {
  return (
    <p className={styles.url}>
      <code translate="no">{url}</code>
      <CopyButton text={url} what={t('copy.address')} />
    </p>
  );
}

const pages: readonly { readonly path: string; readonly name: PlainTextKey }[] = [
  { path: '/', name: 'connect.page' },
  { path: '/v2/health/ready', name: 'connect.ready' },
  { path: '/metrics', name: 'connect.metrics' },
];

function ConnectCode({ host }: { readonly host: HostView }) {
  const [chosen, setChosen] = useState<string>();
  const [address, setAddress] = useState<string>();
  const addresses = [...host.lan.urls, host.inferenceUrl];
  const url = addresses.find((each) => each === address) ?? addresses[0]!;
  const model = host.models.find(({ name }) => name === chosen) ?? easiestForCode(host);
  const request = model === undefined ? undefined : exampleRequest(model, url);
  return (
    <Card
      title={t('connect.code')}
      aside={
        model !== undefined && (
          <div className={styles.pickers}>
            {addresses.length > 1 && (
              <Choice
                label={t('connect.codeAddress')}
                isLabelHidden
                value={url}
                areNames
                options={addresses.map((each) => ({ value: each, text: each }))}
                onChange={setAddress}
              />
            )}
            <Choice
              label={t('connect.model')}
              isLabelHidden
              value={model.name}
              areNames
              options={host.models.map(({ name }) => ({ value: name, text: name }))}
              onChange={setChosen}
            />
          </div>
        )
      }
    >
      {request === undefined ? (
        <p>{t('connect.noModel')}</p>
      ) : (
        <Snippets request={{ ...request, needsKey: host.needsKey }} />
      )}
    </Card>
  );
}

/** Code with four named numbers is easier to read than with 64 pixels. */
function easiestForCode({ models }: HostView): HostView['models'][number] | undefined {
  const named = models.filter(
    ({ featureNames, signature }) => signature !== undefined && featureNames !== undefined && featureNames.length <= 12,
  );
  return named.toSorted((a, b) => a.featureNames!.length - b.featureNames!.length)[0] ?? easiestModel(models);
}
