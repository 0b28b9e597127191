/** What was removed of a model and can still be restored, each with its way back. Nothing where nothing was. */
import { useEffect, useState } from 'react';
import type { TrashView } from '../../../server/protocol/admin/trash-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { Time } from '../../components/Time.tsx';
import type { StartedJob } from '../../components/use-job.ts';
import { t } from '../../texts/t.ts';
import styles from './VersionList.module.css';

interface RemovedVersionsProps {
  readonly name: string;
  readonly started: StartedJob;
}

export function RemovedVersions({ name, started }: RemovedVersionsProps) {
  const [trash, setTrash] = useState<readonly TrashView[]>([]);
  const jobState = started.job?.state;
  useEffect(() => {
    // What cannot be listed is not offered; the errors of the host are said elsewhere.
    askApi<TrashView[]>('GET', '/trash').then(setTrash, () => setTrash([]));
    // A job that ended has removed or restored something.
  }, [jobState]);
  const removed = trash
    .filter((each) => each.name === name)
    .flatMap(({ versions, deletedAt }) => versions.map((version) => ({ version, deletedAt })));
  if (removed.length === 0) return undefined;
  return (
    <Card>
      <h2>{t('versions.removed')}</h2>
      <ul className={styles.removed}>
        {removed.map(({ version, deletedAt }) => (
          <li key={`${version} ${deletedAt}`}>
            <span>
              {t('model.version', { version })}, {t('versions.keptUntil')} <Time iso={deletedAt} />
            </span>
            <Button disabled={started.isRunning} onClick={() => started.start('/trash/restore', { name, version })}>
              {t('versions.restore', { version })}
            </Button>
          </li>
        ))}
      </ul>
      <CommandHint command={`npx millrace models restore ${name} --version ${removed[0]!.version}`} />
    </Card>
  );
}
