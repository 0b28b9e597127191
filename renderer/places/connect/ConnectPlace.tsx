/** How apps reach the models: the address, code, and what else is there. */
import { Monitor } from 'lucide-react';
import { useState } from 'react';
import type { HostView } from '../../../server/protocol/admin/host-view.ts';
import { Card } from '../../components/Card.tsx';
import { CodeBlock } from '../../components/CodeBlock.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Choice } from '../../components/Field.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { useHost } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import type { PlainTextKey } from '../../texts/t.ts';
import { exampleRequest } from '../../try/example-request.ts';
import { easiestModel } from '../try/easiest-model.ts';
import { Snippets } from '../try/SnippetCard.tsx';
import styles from './ConnectPlace.module.css';

export function ConnectPlace() {
  const host = useHost()!;
  return (
    <>
      <PageHead title={t('place.connect')} lead={t('connect.lead')} />
      <div className={styles.stack}>
        <Card title={t('connect.address')}>
          <div className={styles.address}>
            <Monitor aria-hidden="true" />
            <div className={styles.words}>
              <p className={styles.where}>{t('connect.thisComputer')}</p>
              <p className={styles.url}>
                <code translate="no">{host.inferenceUrl}</code>
                <CopyButton text={host.inferenceUrl} what={t('copy.address')} />
              </p>
              <p>{t('connect.onlyHere')}</p>
              <p className={styles.faint}>{t('connect.protocol')}</p>
            </div>
            <p className={styles.faint}>{t('connect.connections', { count: host.connections })}</p>
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
    </>
  );
}

const pages: readonly { readonly path: string; readonly name: PlainTextKey }[] = [
  { path: '/', name: 'connect.page' },
  { path: '/v2/health/ready', name: 'connect.ready' },
  { path: '/metrics', name: 'connect.metrics' },
];

function ConnectCode({ host }: { readonly host: HostView }) {
  const [chosen, setChosen] = useState<string>();
  const model = host.models.find(({ name }) => name === chosen) ?? easiestForCode(host);
  const request = model === undefined ? undefined : exampleRequest(model, host.inferenceUrl);
  return (
    <Card
      title={t('connect.code')}
      aside={
        model !== undefined && (
          <div className={styles.picker}>
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
      {request === undefined ? <p>{t('connect.noModel')}</p> : <Snippets request={request} />}
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
