/** The switch for the network, with where it is let in and how. */
import { Lock, LockOpen, QrCode as QrIcon } from 'lucide-react';
import { useState } from 'react';
import type { MadeKey } from '../../../server/protocol/admin/key-view.ts';
import type { LanAnswer, LanListener, LanView } from '../../../server/protocol/admin/lan-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { ErrorNotice, Notice } from '../../components/Notice.tsx';
import { QrCode } from '../../components/QrCode.tsx';
import { t } from '../../texts/t.ts';
import { NetworkForm } from './NetworkForm.tsx';
import { changeOf, chosenAddresses, draftOf, networkCommand, unconfirmedPublic } from './network-draft.ts';
import styles from './NetworkCard.module.css';

interface NetworkCardProps {
  readonly lan: LanView;
  onLan(lan: LanView): void;
  onMade(made: MadeKey | undefined): void;
}

export function NetworkCard({ lan, onLan, onMade }: NetworkCardProps) {
  const [draft, setDraft] = useState(() => draftOf(lan));
  const [error, setError] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const isOn = lan.wish.on;
  const unconfirmed = unconfirmedPublic(draft, lan);
  const isEmpty = draft.which === 'chosen' && chosenAddresses(draft).length === 0;
  const send = (body: unknown): void => {
    setBusy(true);
    askApi<LanAnswer>('PATCH', '/lan', { body })
      .then(({ lan: changed, made }) => {
        onLan(changed);
        if (made !== undefined) onMade(made);
        setError(undefined);
      }, setError)
      .finally(() => setBusy(false));
  };
  const turnOn = (): void => send(changeOf(draft));
  return (
    <Card title={t('connect.onNetwork')}>
      <div className={styles.network}>
        <div className={styles.state}>
          {isOn ? <LockOpen aria-hidden="true" /> : <Lock aria-hidden="true" />}
          <div className={styles.words}>
            <p className={styles.sentence}>{isOn ? t('network.on') : t('network.off')}</p>
            <p>{t('network.what')}</p>
          </div>
        </div>
        {isOn && (
          <ul className={styles.listeners} aria-label={t('network.listeners')}>
            {lan.listeners.map((listener) => (
              <Listener key={listener.address} listener={listener} />
            ))}
          </ul>
        )}
        {isOn && lan.announcedName !== undefined && (
          <p className={styles.faint}>{t('network.announced', { name: lan.announcedName })}</p>
        )}
        {lan.tlsTrouble !== undefined && (
          <Notice tone="attention" title={<span translate="no">{lan.tlsTrouble}</span>} />
        )}
        {lan.isFixed ? (
          <p>{t('network.fixed')}</p>
        ) : (
          <>
            <NetworkForm lan={lan} draft={draft} unconfirmed={unconfirmed} onDraft={setDraft} />
            {error !== undefined && <ErrorNotice error={error} />}
            <div className={styles.actions}>
              <Button
                look={isOn ? 'plain' : 'primary'}
                disabled={isBusy || isEmpty || unconfirmed !== undefined}
                onClick={turnOn}
              >
                {isOn ? t('network.apply') : t('network.switchOn')}
              </Button>
              {isOn && (
                <Button look="danger" disabled={isBusy} onClick={() => send({ on: false })}>
                  {t('network.switchOff')}
                </Button>
              )}
            </div>
            <CommandHint command={`${networkCommand(draft)}\nnpx millrace lan off`} />
          </>
        )}
      </div>
    </Card>
  );
}

function Listener({ listener: { address, interfaceName, kind, url, trouble } }: { readonly listener: LanListener }) {
  const [isShown, setShown] = useState(false);
  return (
    <li>
      <div className={styles.url}>
        <code translate="no">{url ?? address}</code>
        {url !== undefined && (
          <>
            <CopyButton text={url} what={t('copy.address')} />
            <IconButton
              icon={<QrIcon aria-hidden="true" />}
              label={isShown ? t('network.qrHide') : t('network.qr', { url })}
              aria-expanded={isShown}
              onClick={() => setShown(!isShown)}
            />
          </>
        )}
      </div>
      <p className={styles.faint}>
        {interfaceName !== '' && (
          <>
            <span translate="no">{interfaceName}</span>
            {' · '}
          </>
        )}
        {t(`network.kind.${kind}`)}
      </p>
      {trouble !== undefined && <Notice tone="attention" title={<span translate="no">{trouble}</span>} />}
      {isShown && url !== undefined && <QrCode text={url} />}
    </li>
  );
}
