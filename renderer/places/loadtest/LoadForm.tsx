/** What a load test is to send, to which model, and for how long. */
import { Play } from 'lucide-react';
import { useState } from 'react';
import type { FormEvent } from 'react';
import { Button } from '../../components/Button.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { CheckField, Choice, TextField } from '../../components/Field.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { formatNumber } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import { emptyLoadDraft, loadCommand, loadFaults, loadKinds, loadOrder } from './load-draft.ts';
import type { LoadDraft, LoadField } from './load-draft.ts';
import styles from './LoadForm.module.css';

interface LoadFormProps {
  readonly models: readonly string[];
  readonly isRunning: boolean;
  onStart(order: object): void;
}

const percentiles: readonly LoadDraft['percentile'][] = ['50', '95', '99', '99.9'];

export function LoadForm({ models, isRunning, onStart }: LoadFormProps) {
  const [chosen, setChosen] = useState('');
  const [draft, setDraft] = useState(emptyLoadDraft);
  const model = models.includes(chosen) ? chosen : models[0]!;
  const faults = loadFaults(draft);
  const set = (change: Partial<LoadDraft>): void => setDraft({ ...draft, ...change });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (faults.length === 0) onStart(loadOrder(model, draft));
  };
  const number = (field: LoadField, help?: string) => {
    const fault = faults.find((each) => each.field === field);
    return (
      <TextField
        label={t(`load.${field}`)}
        help={help}
        inputMode="decimal"
        value={draft[field]}
        error={fault && t('load.fault', { min: formatNumber(fault.min, 1), max: formatNumber(fault.max) })}
        onChange={(event) => set({ [field]: event.target.value })}
      />
    );
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <SegmentedChoice
        label={t('load.kind')}
        value={draft.kind}
        options={loadKinds.map((kind) => ({ value: kind, text: t(`load.kind.${kind}`) }))}
        onChange={(kind) => set({ kind })}
      />
      <p className={styles.hint}>{t(`load.hint.${draft.kind}`)}</p>
      <div className={styles.fields}>
        <Choice
          label={t('load.model')}
          value={model}
          areNames
          options={models.map((name) => ({ value: name, text: name, isName: true }))}
          onChange={setChosen}
        />
        {draft.kind === 'closed' && number('connections')}
        {draft.kind === 'open' && (
          <>
            {number('rateFrom')}
            {number('rateTo')}
          </>
        )}
        {draft.kind === 'search' && (
          <>
            <Choice
              label={t('load.percentile')}
              value={draft.percentile}
              options={percentiles.map((each) => ({ value: each, text: `${each} %`, isName: true }))}
              onChange={(percentile) => set({ percentile })}
            />
            {number('limitMs')}
          </>
        )}
        {number('seconds', draft.kind === 'search' ? t('load.secondsTrial') : undefined)}
        {number('rows')}
      </div>
      <CheckField label={t('load.cached')} isChecked={draft.isCached} onChange={(isCached) => set({ isCached })} />
      <Button type="submit" look="primary" icon={<Play aria-hidden="true" />} disabled={isRunning || faults.length > 0}>
        {isRunning ? t('load.running') : t('load.start')}
      </Button>
      <CommandHint command={loadCommand(model, draft)} />
    </form>
  );
}
