/** The browsers that may manage this host, and how to take that away. */
import { useCallback, useEffect, useState } from 'react';
import type { SessionList } from '../../../server/protocol/admin/session-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { nowMs, fullTimeText, timeText } from '../../format/format.ts';
import { liveStore } from '../../live/live-store.ts';
import { t } from '../../texts/t.ts';
import styles from './SessionsCard.module.css';

type Session = SessionList[number];

export function SessionsCard() {
  const [sessions, setSessions] = useState<readonly Session[]>();
  const [error, setError] = useState<Error>();
  const load = useCallback(() => {
    askApi<readonly Session[]>('GET', '/sessions').then(setSessions, setError);
  }, []);
  useEffect(load, [load]);
  const end = ({ id, isOwn }: Session): void => {
    askApi('DELETE', `/sessions/${encodeURIComponent(id)}`).then(() => {
      if (isOwn) liveStore.setConnection('signed-out');
      else load();
    }, setError);
  };
  return (
    <Card title={t('settings.sessions')}>
      <p className={styles.lead}>{t('settings.sessionsHint')}</p>
      {error !== undefined && <ErrorNotice error={error} />}
      <ul className={styles.sessions}>
        {sessions?.map((session) => (
          <li key={session.id}>
            <div>
              <p className={styles.name}>{session.isOwn ? t('settings.sessionOwn') : t('settings.sessionOther')}</p>
              <time dateTime={session.lastUsedAt} title={fullTimeText(session.lastUsedAt)}>
                {t('settings.sessionUsed', { time: timeText(session.lastUsedAt, nowMs()) })}
              </time>
            </div>
            <Button onClick={() => end(session)}>{t('settings.signOut')}</Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
