/** Adds a source: a folder or an S3 bucket. */
import { useState } from 'react';
import type { FormEvent } from 'react';
import type { SourceView } from '../../../server/protocol/admin/source-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { CheckField, TextField } from '../../components/Field.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { t } from '../../texts/t.ts';
import { draftFaults, emptyDraft, newSource, sourceCommand } from './new-source.ts';
import type { DraftFault, SourceDraft } from './new-source.ts';
import styles from './SourceForm.module.css';

interface SourceFormProps {
  onAdded(source: SourceView): void;
  onCancel(): void;
}

const kinds = ['directory', 's3'] as const;

export function SourceForm({ onAdded, onCancel }: SourceFormProps) {
  const [draft, setDraft] = useState(emptyDraft);
  const [showFaults, setShowFaults] = useState(false);
  const [error, setError] = useState<Error>();
  const faults = draftFaults(draft);
  const faultText = (fault: DraftFault): string | undefined =>
    showFaults && faults.includes(fault) ? t(`sources.fault.${fault}`) : undefined;
  const set = (change: Partial<SourceDraft>): void => setDraft({ ...draft, ...change });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setShowFaults(true);
    if (faults.length > 0) return;
    askApi<SourceView>('POST', '/sources', { body: newSource(draft) }).then(onAdded, setError);
  };
  return (
    <form className={styles.form} onSubmit={submit} autoComplete="off">
      <SegmentedChoice
        label={t('sources.kind')}
        value={draft.kind}
        options={kinds.map((kind) => ({ value: kind, text: t(`sources.kind.${kind}`) }))}
        onChange={(kind) => set({ kind })}
      />
      <div className={styles.fields}>
        <TextField
          label={t('sources.name')}
          value={draft.name}
          error={faultText('name')}
          placeholder="factory"
          translate="no"
          onChange={(event) => set({ name: event.target.value })}
        />
        {draft.kind === 'directory' ? (
          <TextField
            label={t('sources.path')}
            help={t('sources.pathHint')}
            value={draft.path}
            error={faultText('place')}
            onChange={(event) => set({ path: event.target.value })}
          />
        ) : (
          <S3Fields draft={draft} set={set} faultText={faultText} />
        )}
        <TextField
          label={t('sources.every')}
          help={t('sources.everyHint')}
          inputMode="numeric"
          value={draft.everyMinutes}
          error={faultText('minutes')}
          onChange={(event) => set({ everyMinutes: event.target.value })}
        />
      </div>
      <CheckField label={t('sources.promote')} isChecked={draft.promote} onChange={(promote) => set({ promote })} />
      {error !== undefined && <ErrorNotice error={error} />}
      <div className={styles.actions}>
        <Button type="submit" look="primary">
          {t('sources.add')}
        </Button>
        <Button onClick={onCancel}>{t('sources.cancel')}</Button>
      </div>
      <CommandHint command={sourceCommand(draft)} />
    </form>
  );
}

interface S3FieldsProps {
  readonly draft: SourceDraft;
  set(change: Partial<SourceDraft>): void;
  faultText(fault: DraftFault): string | undefined;
}

function S3Fields({ draft, set, faultText }: S3FieldsProps) {
  return (
    <>
      <TextField
        label={t('sources.bucket')}
        value={draft.bucket}
        error={faultText('place')}
        onChange={(event) => set({ bucket: event.target.value })}
      />
      <TextField
        label={t('sources.prefix')}
        help={t('sources.prefixHint')}
        value={draft.prefix}
        onChange={(event) => set({ prefix: event.target.value })}
      />
      <TextField
        label={t('sources.endpoint')}
        help={t('sources.endpointHint')}
        value={draft.endpoint}
        placeholder="http://minio.factory:9000"
        translate="no"
        onChange={(event) => set({ endpoint: event.target.value })}
      />
      <TextField
        label={t('sources.region')}
        value={draft.region}
        onChange={(event) => set({ region: event.target.value })}
      />
      <TextField
        label={t('sources.accessKey')}
        help={t('sources.keyHint')}
        value={draft.accessKeyId}
        error={faultText('key')}
        onChange={(event) => set({ accessKeyId: event.target.value })}
      />
      <TextField
        label={t('sources.secretKey')}
        type="password"
        autoComplete="new-password"
        value={draft.secretAccessKey}
        onChange={(event) => set({ secretAccessKey: event.target.value })}
      />
      <CheckField
        label={t('sources.private')}
        isChecked={draft.allowPrivateEndpoint}
        onChange={(allowPrivateEndpoint) => set({ allowPrivateEndpoint })}
      />
    </>
  );
}
