/** Removes saved answers, of one model or of all, and says how many there were. */
import { useState } from 'react';
import type { CacheCleared } from '../../../server/protocol/admin/cache-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { t } from '../../texts/t.ts';
import styles from './SavedAnswersCard.module.css';

export function ClearAnswers({ model }: { readonly model?: string }) {
  const [removed, setRemoved] = useState<number>();
  const [error, setError] = useState<Error>();
  const clear = (): void => {
    setError(undefined);
    askApi<CacheCleared>('POST', '/cache/clear', { body: model === undefined ? {} : { model } }).then(
      (answer) => setRemoved(answer.removed),
      setError,
    );
  };
  return (
    <div className={styles.clear}>
      <Button onClick={clear}>{t('cache.clear')}</Button>
      <span role="status" className={styles.faint}>
        {removed !== undefined && t('cache.cleared', { count: removed })}
      </span>
      {error !== undefined && <ErrorNotice error={error} />}
    </div>
  );
}
