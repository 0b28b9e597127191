/** How the requests that name no version are split among versions. */
import { useState } from 'react';
import type { FormEvent } from 'react';
import type { ServingView } from '../../../server/protocol/admin/model-command.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { TextField } from '../../components/Field.tsx';
import type { StartedJob } from '../../components/use-job.ts';
import { t } from '../../texts/t.ts';
import { parseWeights } from './version-orders.ts';
import styles from './TrafficSplit.module.css';

interface TrafficSplitProps {
  readonly name: string;
  readonly versions: readonly string[];
  readonly serving: ServingView;
  readonly started: StartedJob;
}

export function TrafficSplit({ name, versions, serving, started }: TrafficSplitProps) {
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(versions.map((version) => [version, String(serving.traffic[version] ?? 0)])),
  );
  const weights = parseWeights(texts);
  const isSplit = Object.values(serving.traffic).filter((percent) => percent > 0).length > 1;
  const path = `/models/${encodeURIComponent(name)}/traffic`;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (weights !== undefined) started.start(path, { weights });
  };
  return (
    <Card title={t('split.title')}>
      <form className={styles.form} onSubmit={submit}>
        <p>{t('split.hint')}</p>
        <div className={styles.fields}>
          {versions.map((version) => (
            <TextField
              key={version}
              label={t('split.version', { version })}
              inputMode="numeric"
              value={texts[version] ?? '0'}
              error={weights === undefined ? t('split.wrong') : undefined}
              onChange={(event) => setTexts({ ...texts, [version]: event.target.value })}
            />
          ))}
          <Button type="submit" look="primary" disabled={weights === undefined || started.isRunning}>
            {t('split.apply')}
          </Button>
          {isSplit && (
            <Button disabled={started.isRunning} onClick={() => started.start(path, { weights: null })}>
              {t('split.end')}
            </Button>
          )}
        </div>
        {weights !== undefined && (
          <CommandHint
            command={`npx millrace models traffic ${name} ${Object.entries(weights)
              .map(([version, weight]) => `${version}=${weight}`)
              .join(' ')}`}
          />
        )}
      </form>
    </Card>
  );
}
