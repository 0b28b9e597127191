/** The form that makes a key. */
import { useState } from 'react';
import type { FormEvent } from 'react';
import type { KeyRight, MadeKey } from '../../../server/protocol/admin/key-view.ts';
import { askApi } from '../../api/api-client.ts';
import { Button } from '../../components/Button.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { TextField } from '../../components/Field.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { useModels } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { emptyKeyDraft, keyCommand, keyDraftFaults, newKey } from './key-draft.ts';
import type { KeyDraft } from './key-draft.ts';
import styles from './KeyForm.module.css';

interface KeyFormProps {
  onMade(made: MadeKey): void;
  onCancel(): void;
}

const rights: readonly KeyRight[] = ['infer', 'metrics', 'admin'];

export function KeyForm({ onMade, onCancel }: KeyFormProps) {
  const models = useModels();
  const [draft, setDraft] = useState(emptyKeyDraft);
  const [showFaults, setShowFaults] = useState(false);
  const [error, setError] = useState<Error>();
  const faults = keyDraftFaults(draft);
  const isWrong = (fault: (typeof faults)[number]): boolean => showFaults && faults.includes(fault);
  const set = (change: Partial<KeyDraft>): void => setDraft({ ...draft, ...change });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setShowFaults(true);
    if (faults.length > 0) return;
    askApi<MadeKey>('POST', '/keys', { body: newKey(draft) }).then(onMade, setError);
  };
  return (
    <form className={styles.form} onSubmit={submit} autoComplete="off">
      <div className={styles.fields}>
        <TextField
          label={t('keys.name')}
          value={draft.name}
          error={isWrong('name') ? t('keys.nameFault') : undefined}
          placeholder="Line 3"
          translate="no"
          onChange={(event) => set({ name: event.target.value })}
        />
        <TextField
          label={t('keys.rate')}
          help={t('keys.rateHint')}
          inputMode="decimal"
          value={draft.rate}
          error={isWrong('rate') ? t('keys.rateFault') : undefined}
          onChange={(event) => set({ rate: event.target.value })}
        />
        <TextField
          label={t('keys.days')}
          help={t('keys.daysHint')}
          inputMode="numeric"
          value={draft.days}
          error={isWrong('days') ? t('keys.rateFault') : undefined}
          onChange={(event) => set({ days: event.target.value })}
        />
        <TextField
          label={t('keys.share')}
          help={t('keys.shareHint')}
          inputMode="numeric"
          value={draft.share}
          error={isWrong('share') ? t('keys.shareFault') : undefined}
          onChange={(event) => set({ share: event.target.value })}
        />
      </div>
      <Ticks
        legend={t('keys.rights')}
        options={rights.map((right) => ({ value: right, text: t(`keys.right.${right}`) }))}
        chosen={draft.rights}
        onChange={(chosen) => set({ rights: chosen })}
      />
      {models.length > 0 && !draft.rights.includes('admin') && (
        <Ticks
          legend={t('keys.models')}
          help={t('keys.modelsHint')}
          areNames
          options={models.map(({ name }) => ({ value: name, text: name }))}
          chosen={draft.models}
          onChange={(chosen) => set({ models: chosen })}
        />
      )}
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={draft.hasPrivateCache}
          onChange={(event) => set({ hasPrivateCache: event.target.checked })}
        />
        {t('keys.private')}
      </label>
      {error !== undefined && <ErrorNotice error={error} />}
      <div className={styles.actions}>
        <Button type="submit" look="primary">
          {t('keys.make')}
        </Button>
        <Button onClick={onCancel}>{t('keys.cancel')}</Button>
      </div>
      <CommandHint command={keyCommand(draft)} />
    </form>
  );
}

interface TicksProps<Value extends string> {
  readonly legend: string;
  readonly help?: string;
  readonly options: readonly { readonly value: Value; readonly text: string }[];
  readonly chosen: readonly Value[];
  onChange(chosen: readonly Value[]): void;
  /** The options are names that nobody translates. */
  readonly areNames?: boolean;
}

function Ticks<Value extends string>({ legend, help, options, chosen, onChange, areNames = false }: TicksProps<Value>) {
  return (
    <fieldset className={styles.ticks}>
      <legend>{legend}</legend>
      <div className={styles.options}>
        {options.map(({ value, text }) => (
          <label key={value} className={styles.check} translate={areNames ? 'no' : undefined}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={(event) =>
                onChange(event.target.checked ? [...chosen, value] : chosen.filter((each) => each !== value))
              }
            />
            {text}
          </label>
        ))}
      </div>
      {help !== undefined && <p className={styles.help}>{help}</p>}
    </fieldset>
  );
}
