/** How a picture becomes numbers: visible, guessed from the model, and changeable. */
import { Choice } from '../../components/Field.tsx';
import { t } from '../../texts/t.ts';
import type { PictureField } from '../../try/form-model.ts';
import { pictureRanges } from '../../try/pixels.ts';
import type { PicturePreset } from '../../try/pixels.ts';
import styles from './PresetFields.module.css';

interface PresetFieldsProps {
  readonly field: PictureField;
  readonly preset: PicturePreset;
  onChange(preset: PicturePreset): void;
}

const orders = {
  'channels-first': 'picture.order.first',
  'channels-last': 'picture.order.last',
  'no-channels': 'picture.order.none',
  flat: 'picture.order.flat',
} as const;

export function PresetFields({ field, preset, onChange }: PresetFieldsProps) {
  return (
    <div className={styles.fields}>
      <Choice
        label={t('picture.range')}
        value={preset.range}
        options={pictureRanges.map((range) => ({ value: range, text: t(`picture.range.${range}`) }))}
        onChange={(range) => onChange({ ...preset, range })}
      />
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={preset.isInverted}
          onChange={(event) => onChange({ ...preset, isInverted: event.target.checked })}
        />
        {t('picture.invert')}
      </label>
      <p className={styles.order} title={t('picture.guessed')}>
        {t('picture.order', { order: t(orders[field.layout]) })}
      </p>
    </div>
  );
}
