/** Who decides the number of copies: the autoscaler, a person, or nobody for now. */
import { useState } from 'react';
import type { FormEvent } from 'react';
import type { ScalingOrderBody, ScalingView } from '../../../server/protocol/admin/scaling-view.ts';
import { Button } from '../../components/Button.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { TextField } from '../../components/Field.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { t } from '../../texts/t.ts';
import { scalingCommand } from './scaling-command.ts';
import styles from './ScalingOrder.module.css';

interface ScalingOrderProps {
  readonly view: ScalingView;
  onOrder(order: ScalingOrderBody): void;
}

const modes = ['settings', 'auto', 'manual', 'paused'] as const;

export function ScalingOrder({ view, onOrder }: ScalingOrderProps) {
  const [mode, setMode] = useState(view.mode);
  const [replicas, setReplicas] = useState(String(view.fixed ?? view.desired));
  const [min, setMin] = useState(String(view.min));
  const [max, setMax] = useState(String(view.max));
  const order = orderOf(mode, replicas, min, max);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (order !== undefined) onOrder(order);
  };
  return (
    <form className={styles.form} onSubmit={submit}>
      <SegmentedChoice
        label={t('scaling.mode')}
        value={mode}
        options={modes.map((each) => ({ value: each, text: t(`scaling.mode.${each}`) }))}
        onChange={setMode}
      />
      <p className={styles.hint}>{t(`scaling.hint.${mode}`)}</p>
      <div className={styles.fields}>
        {mode === 'manual' && (
          <TextField
            label={t('scaling.replicas')}
            type="number"
            min={0}
            max={64}
            value={replicas}
            onChange={(event) => setReplicas(event.target.value)}
          />
        )}
        {mode === 'auto' && (
          <>
            <TextField
              label={t('scaling.min')}
              type="number"
              min={0}
              max={64}
              value={min}
              onChange={(event) => setMin(event.target.value)}
            />
            <TextField
              label={t('scaling.max')}
              type="number"
              min={0}
              max={64}
              value={max}
              error={order === undefined ? t('scaling.minMax') : undefined}
              onChange={(event) => setMax(event.target.value)}
            />
          </>
        )}
        <Button type="submit" look="primary" disabled={order === undefined}>
          {t('scaling.apply')}
        </Button>
      </div>
      {order !== undefined && <CommandHint command={scalingCommand(view.model, order)} />}
    </form>
  );
}

/** Undefined where the numbers cannot be meant. */
function orderOf(mode: ScalingView['mode'], replicas: string, min: string, max: string): ScalingOrderBody | undefined {
  const whole = (text: string): number | undefined =>
    /^\d{1,2}$/.test(text) && Number(text) <= 64 ? Number(text) : undefined;
  if (mode === 'manual') {
    const count = whole(replicas);
    return count === undefined ? undefined : { mode, replicas: count };
  }
  if (mode !== 'auto') return { mode };
  const [least, most] = [whole(min), whole(max)];
  return least === undefined || most === undefined || least > most ? undefined : { mode, min: least, max: most };
}
