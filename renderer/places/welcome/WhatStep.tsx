/** Step one: what Millrace is, and where things live on this computer. */
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { FactList } from '../../components/FactList.tsx';
import { bytesText } from '../../format/format.ts';
import { useHost } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { WindowCard } from '../settings/WindowCard.tsx';
import styles from './Steps.module.css';

export function WhatStep({ onNext }: { onNext(): void }) {
  const host = useHost()!;
  return (
    <div className={styles.stack}>
      <div className={styles.lead}>
        <p>{t('welcome.what')}</p>
        <p>{t('welcome.local')}</p>
      </div>
      <Card title={t('welcome.whereTitle')}>
        <FactList
          facts={[
            { name: t('welcome.whereData'), value: <code>{host.dataDirectory}</code> },
            { name: t('welcome.whereModels'), value: <code>{host.modelsFolder}</code> },
            {
              name: t('welcome.memory'),
              value: t('welcome.memoryFree', {
                free: bytesText(host.machine.freeBytes),
                total: bytesText(host.machine.totalBytes),
              }),
            },
          ]}
        />
      </Card>
      <Card title={t('welcome.whoTitle')}>
        <p>{t('welcome.whoLocal')}</p>
      </Card>
      <WindowCard />
      <div className={styles.actions}>
        <Button look="primary" onClick={onNext}>
          {t('welcome.next')}
        </Button>
      </div>
    </div>
  );
}
