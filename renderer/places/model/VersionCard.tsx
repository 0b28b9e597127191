/** One version: its state and facts, and the orders that make sense for it. */
import { useState } from 'react';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import type { ServingView } from '../../../server/protocol/admin/model-command.ts';
import { Button } from '../../components/Button.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { StateBadge } from '../../components/StateBadge.tsx';
import { Time } from '../../components/Time.tsx';
import { modelStateWords } from '../../components/state-words.ts';
import type { StartedJob } from '../../components/use-job.ts';
import { bytesText, figureText, formatNumber, percentFigure } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import { orderRequest, ordersFor } from './version-orders.ts';
import type { VersionOrder } from './version-orders.ts';
import styles from './VersionCard.module.css';

interface VersionCardProps {
  readonly model: ModelView;
  readonly version: string;
  readonly serving: ServingView | undefined;
  readonly started: StartedJob;
}

export function VersionCard({ model, version, serving, started }: VersionCardProps) {
  const running = model.versions.find((each) => each.version === version);
  const stored = serving?.stored.find((each) => each.version === version);
  const percent = serving?.traffic[version] ?? running?.trafficPercent ?? 0;
  return (
    <div className={styles.version}>
      <div className={styles.head}>
        <h2>{t('model.version', { version })}</h2>
        {running === undefined ? (
          <span className={styles.stored}>{t('versions.stored')}</span>
        ) : (
          <StateBadge state={modelStateWords[running.state]} />
        )}
        {version === model.servedVersion && <span className={styles.chip}>{t('model.live')}</span>}
        {serving?.shadow?.version === version && <span className={styles.chip}>{t('model.shadow')}</span>}
        {serving?.isPinned === true && version === serving.served && (
          <span className={styles.chip}>{t('versions.pinned')}</span>
        )}
        {percent > 0 && percent < 100 && (
          <span className={styles.chip}>{t('model.traffic', { percent: figureText(percentFigure(percent)) })}</span>
        )}
      </div>
      {running !== undefined && running.reason !== '' && <p translate="no">{running.reason}</p>}
      <p className={styles.facts}>
        <span>
          {t('model.size')} <strong translate="no">{bytesText(stored?.sizeBytes ?? running?.sizeBytes)}</strong>
        </span>
        {running !== undefined && (
          <>
            {running.importedAt === undefined ? (
              <span>{t('model.fromFolder')}</span>
            ) : (
              <span>
                {t('model.imported')} <Time iso={running.importedAt} />
              </span>
            )}
            <span>
              {t('model.answered')} <strong translate="no">{formatNumber(running.answered)}</strong>
            </span>
            {running.restarts > 0 && <span>{t('model.restarts', { count: running.restarts })}</span>}
            {running.digest !== undefined && (
              <code title={running.digest}>{t('model.digest', { digest: running.digest.slice(0, 12) })}</code>
            )}
          </>
        )}
      </p>
      {serving !== undefined && <Orders name={model.name} version={version} serving={serving} started={started} />}
    </div>
  );
}

interface OrdersProps {
  readonly name: string;
  readonly version: string;
  readonly serving: ServingView;
  readonly started: StartedJob;
}

function Orders({ name, version, serving, started }: OrdersProps) {
  const [isSure, setSure] = useState(false);
  const orders = ordersFor(version, serving);
  const give = (order: VersionOrder): void => {
    if (order === 'remove' && !isSure) {
      setSure(true);
      return;
    }
    setSure(false);
    const { verb, body } = orderRequest(order, name, version);
    started.start(`/models/${encodeURIComponent(name)}/${verb}`, body);
  };
  const [first] = orders;
  return (
    <>
      <div className={styles.orders}>
        {orders.map((order) => (
          <Button
            key={order}
            look={order === 'promote' ? 'primary' : order === 'remove' && isSure ? 'danger' : 'plain'}
            disabled={started.isRunning}
            onClick={() => give(order)}
          >
            {order === 'remove' && isSure ? t('versions.removeSure', { version }) : t(`versions.${order}`)}
          </Button>
        ))}
        {isSure && <Button onClick={() => setSure(false)}>{t('versions.keep')}</Button>}
      </div>
      {first !== undefined && (
        <CommandHint command={orders.map((order) => orderRequest(order, name, version).command).join('\n')} />
      )}
    </>
  );
}
