/** Pairing a device: a code to scan, a number to compare, and a key that only the device sees. */
import { useEffect, useState } from 'react';
import type { OpenedPairing, PairingView } from '../../../server/protocol/admin/pairing-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { ErrorNotice, Notice } from '../../components/Notice.tsx';
import { QrCode } from '../../components/QrCode.tsx';
import { nowMs, timeText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import styles from './PairCard.module.css';

/** A person holds the device in the hand meanwhile. */
const lookMs = 1000;

export function PairCard({ isOn }: { readonly isOn: boolean }) {
  const [opened, setOpened] = useState<OpenedPairing>();
  const [view, setView] = useState<PairingView>();
  const [error, setError] = useState<Error>();
  const id = opened?.pairing.id;
  const isOver = view !== undefined && ['done', 'declined', 'ended'].includes(view.state);
  useEffect(() => {
    if (id === undefined || isOver) return undefined;
    const timer = setInterval(() => {
      askApi<readonly PairingView[]>('GET', '/pairings').then((list) => {
        setView(list.find((each) => each.id === id));
      }, setError);
    }, lookMs);
    return () => clearInterval(timer);
  }, [id, isOver]);
  const begin = (): void => {
    setError(undefined);
    askApi<OpenedPairing>('POST', '/pairings', { body: {} }).then((answer) => {
      setOpened(answer);
      setView(answer.pairing);
    }, setError);
  };
  const confirm = (): void => {
    askApi<PairingView>('POST', `/pairings/${id}/confirm`, { body: {} }).then(setView, setError);
  };
  const stop = (): void => {
    askApi<PairingView>('DELETE', `/pairings/${id}`).then(setView, setError);
  };
  return (
    <Card title={t('pair.title')}>
      <div className={styles.pair}>
        <p>{t('pair.hint')}</p>
        {error !== undefined && <ErrorNotice error={error} />}
        {(opened === undefined || view === undefined || isOver) && (
          <>
            {view !== undefined && isOver && (
              <Notice
                tone="note"
                title={t(`pair.${view.state as 'done' | 'declined' | 'ended'}`, { name: view.deviceName ?? '' })}
              />
            )}
            <div className={styles.actions}>
              <Button disabled={!isOn} onClick={begin}>
                {view === undefined ? t('pair.begin') : t('pair.again')}
              </Button>
              {!isOn && <span className={styles.faint}>{t('pair.needsNetwork')}</span>}
            </div>
          </>
        )}
        {opened !== undefined && view?.state === 'waiting' && (
          <div className={styles.scan}>
            <QrCode text={opened.links[0]!} />
            <div className={styles.words}>
              <p>{t('pair.scan', { time: timeText(view.endsAt, nowMs()) })}</p>
              {opened.links.map((link) => (
                <p key={link} className={styles.link}>
                  <code translate="no">{link}</code>
                  <CopyButton text={link} what={t('copy.address')} />
                </p>
              ))}
              <div className={styles.actions}>
                <Button onClick={stop}>{t('pair.stop')}</Button>
              </div>
            </div>
          </div>
        )}
        {view?.state === 'claimed' && (
          <div role="alert" className={styles.words}>
            <p>{t('pair.claimed', { name: view.deviceName ?? '', address: view.address ?? '' })}</p>
            <p className={styles.number} translate="no">
              {view.number}
            </p>
            <div className={styles.actions}>
              <Button look="primary" onClick={confirm}>
                {t('pair.yes')}
              </Button>
              <Button onClick={stop}>{t('pair.no')}</Button>
            </div>
          </div>
        )}
        {view?.state === 'confirmed' && <p>{t('pair.confirmed')}</p>}
        <CommandHint command="npx millrace lan pair" />
      </div>
    </Card>
  );
}
