/** Publishes an imported version to a source, so that other machines can fetch it from there. */
import { useState } from 'react';
import type { FormEvent } from 'react';
import { Button } from '../../components/Button.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { Choice } from '../../components/Field.tsx';
import { useJob } from '../../components/use-job.ts';
import { JobNotice } from '../../frame/JobNotice.tsx';
import { useModels } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import styles from './SourceForm.module.css';

export function PushForm({ source, onCancel }: { readonly source: string; onCancel(): void }) {
  const models = useModels();
  const started = useJob();
  const [chosen, setChosen] = useState('');
  const [version, setVersion] = useState('');
  const model = models.find(({ name }) => name === chosen) ?? models[0];
  if (model === undefined) return <p>{t('sources.pushNothing')}</p>;
  const versions = model.versions.map((each) => each.version);
  const isKnown = versions.includes(version);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    started.start(`/sources/${encodeURIComponent(source)}/push`, {
      model: model.name,
      ...(isKnown && { version }),
    });
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <p>{t('sources.pushHint')}</p>
      <div className={styles.fields}>
        <Choice
          label={t('sources.pushModel')}
          value={model.name}
          areNames
          options={models.map(({ name }) => ({ value: name, text: name, isName: true }))}
          onChange={setChosen}
        />
        <Choice
          label={t('sources.pushVersion')}
          value={isKnown ? version : ''}
          options={[
            { value: '', text: t('sources.pushNewest') },
            ...versions.map((each) => ({ value: each, text: each, isName: true })),
          ]}
          onChange={setVersion}
        />
      </div>
      <div className={styles.actions}>
        <Button type="submit" look="primary" disabled={started.isRunning}>
          {t('sources.pushStart')}
        </Button>
        <Button onClick={onCancel}>{t('sources.cancel')}</Button>
      </div>
      <JobNotice started={started} />
      <CommandHint
        command={`npx millrace models push ${model.name}${isKnown ? ` --version ${version}` : ''} --to ${source}`}
      />
    </form>
  );
}
