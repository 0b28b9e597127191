/** The clients that were refused lately: why, and what helps each with one click. */
import { ShieldCheck, ShieldX } from 'lucide-react';
import { useState } from 'react';
import type { MadeKey } from '../../../server/protocol/admin/key-view.ts';
import type { RefusedClient } from '../../../server/protocol/admin/refused-client.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { Time } from '../../components/Time.tsx';
import { t } from '../../texts/t.ts';
import styles from './RefusedCard.module.css';

interface RefusedCardProps {
  /** The latest first. */
  readonly refused: readonly RefusedClient[];
  readonly hasAuthority: boolean;
  onChanged(): void;
  onMade(made: MadeKey | undefined): void;
}

export function RefusedCard({ refused, hasAuthority, onChanged, onMade }: RefusedCardProps) {
  const [error, setError] = useState<Error>();
  const refresh = (): void => {
    setError(undefined);
    onChanged();
  };
  const fix = ({ id }: RefusedClient): void => {
    askApi<{ made?: MadeKey }>('POST', `/refused-clients/${id}/fix`, { body: {} }).then(({ made }) => {
      if (made !== undefined) onMade(made);
      refresh();
    }, setError);
  };
  const dismiss = ({ id }: RefusedClient): void => {
    askApi('DELETE', `/refused-clients/${id}`).then(refresh, setError);
  };
  const block = (client: RefusedClient): void => {
    askApi('PATCH', '/callers', { body: { add: { blocked: client.address } } }).then(() => dismiss(client), setError);
  };
  return (
    <Card title={t('refused.title')}>
      {error !== undefined && <ErrorNotice error={error} />}
      {refused.length === 0 ? (
        <p className={styles.good}>
          <ShieldCheck aria-hidden="true" /> {t('refused.none')}
        </p>
      ) : (
        <ul className={styles.cards} aria-label={t('refused.title')}>
          {refused.map((client) => (
            <li key={client.id}>
              <ShieldX aria-hidden="true" />
              <div className={styles.words}>
                <p className={styles.sentence} translate="no">
                  {client.sentence}
                </p>
                <p translate="no">{client.hint}</p>
                <p className={styles.faint}>
                  {t('refused.count', { count: client.count })}
                  {' · '}
                  <Time iso={client.lastAt} />
                </p>
                <div className={styles.actions}>
                  {client.fix !== 'none' && client.fix !== 'give-certificate' && (
                    <Button look="primary" onClick={() => fix(client)}>
                      {t(`refused.fix.${client.fix}`)}
                    </Button>
                  )}
                  {client.fix === 'give-certificate' && hasAuthority && (
                    <a className={styles.link} href="/api/v1/lan/authority.pem" download>
                      {t('refused.fix.give-certificate')}
                    </a>
                  )}
                  <Button onClick={() => dismiss(client)}>{t('refused.dismiss')}</Button>
                  <Button onClick={() => block(client)}>{t('refused.block')}</Button>
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
      {refused.length > 0 && (
        <CommandHint command={`npx millrace lan refused\nnpx millrace lan fix ${refused[0]!.id}`} />
      )}
    </Card>
  );
}
