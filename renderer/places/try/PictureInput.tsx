/** A picture: dropped, pasted or chosen, cut to the model's size, with the preset that makes numbers of it. */
import { useEffect, useMemo, useState } from 'react';
import { Choice, TextField } from '../../components/Field.tsx';
import { t } from '../../texts/t.ts';
import type { PictureField } from '../../try/form-model.ts';
import { guessRange, pictureShape, pictureValues } from '../../try/pixels.ts';
import type { PicturePreset } from '../../try/pixels.ts';
import type { FieldValue } from '../../try/request.ts';
import { PictureZone } from './PictureZone.tsx';
import { PresetFields } from './PresetFields.tsx';
import { fitPicture, openPicture, pictureFits } from './picture-file.ts';
import type { PictureFit } from './picture-file.ts';
import styles from './PictureInput.module.css';

interface PictureInputProps {
  readonly field: PictureField;
  readonly showFaults: boolean;
  onChange(value: FieldValue | undefined): void;
}

/** Where the model takes any size: what most vision models were trained with. */
const usualSide = 224;
/** A larger picture makes a request of tens of megabytes of JSON. */
const maxSide = 1024;

const fitTexts = { crop: 'picture.fitCrop', stretch: 'picture.fitStretch', pad: 'picture.fitPad' } as const;

export function PictureInput({ field, showFaults, onChange }: PictureInputProps) {
  const [bitmap, setBitmap] = useState<ImageBitmap>();
  const [isUnreadable, setUnreadable] = useState(false);
  const [fit, setFit] = useState<PictureFit>('crop');
  const [size, setSize] = useState(() => ({
    width: field.width === -1 ? usualSide : field.width,
    height: field.height === -1 ? usualSide : field.height,
  }));
  const [preset, setPreset] = useState<PicturePreset>(() => ({ range: guessRange(field), isInverted: false }));
  const fitted = useMemo(
    () => (bitmap === undefined ? undefined : fitPicture(bitmap, size.width, size.height, fit, field.channels === 4)),
    [bitmap, size, fit, field.channels],
  );
  useEffect(() => {
    if (fitted === undefined) onChange(undefined);
    else {
      const shape = [1, ...pictureShape(field, size.height, size.width)];
      onChange({ shape, elements: pictureValues(fitted, field, preset) });
    }
    // `onChange` is new each time.
  }, [fitted, preset, field, size]); // oxlint-disable-line react-hooks/exhaustive-deps
  const take = (file: File): void => {
    openPicture(file).then(
      (opened) => {
        setBitmap(opened);
        setUnreadable(false);
      },
      () => setUnreadable(true),
    );
  };
  const side = (which: 'width' | 'height', text: string): void =>
    setSize({ ...size, [which]: Math.max(1, Math.min(maxSide, Math.floor(Number(text) || 1))) });
  return (
    <div className={styles.zone}>
      <PictureZone seen={fitted} onFile={take} />
      {isUnreadable && (
        <p className={styles.fault} role="alert">
          {t('picture.unreadable')}
        </p>
      )}
      {showFaults && bitmap === undefined && !isUnreadable && (
        <p className={styles.fault} role="alert">
          {t('picture.missing')}
        </p>
      )}
      {fitted?.hasAlpha === true && field.channels !== 4 && <p className={styles.note}>{t('picture.alpha')}</p>}
      <div className={styles.preset}>
        <Choice
          label={t('picture.fit')}
          value={fit}
          options={pictureFits.map((each) => ({ value: each, text: t(fitTexts[each]) }))}
          onChange={setFit}
        />
        {field.width === -1 && (
          <TextField
            label={t('picture.width')}
            type="number"
            min={1}
            max={maxSide}
            value={size.width}
            onChange={(event) => side('width', event.target.value)}
          />
        )}
        {field.height === -1 && (
          <TextField
            label={t('picture.height')}
            type="number"
            min={1}
            max={maxSide}
            value={size.height}
            onChange={(event) => side('height', event.target.value)}
          />
        )}
        <PresetFields field={field} preset={preset} onChange={setPreset} />
      </div>
      <p className={styles.note}>{t('picture.guessed')}</p>
    </div>
  );
}
