/** A picture for a model with a recipe: the file goes as it is, and the host makes of it what every app gets. */
import { useEffect, useState } from 'react';
import type { ImageView } from '../../../server/protocol/admin/recipe-view.ts';
import { t } from '../../texts/t.ts';
import type { PictureField } from '../../try/form-model.ts';
import type { FieldValue } from '../../try/request.ts';
import { PictureZone } from './PictureZone.tsx';
import { RecipeLines } from './RecipeLines.tsx';
import { fileValue, openPicture, shapedPicture } from './picture-file.ts';
import styles from './PictureInput.module.css';

interface RecipePictureProps {
  readonly field: PictureField;
  readonly recipe: ImageView;
  readonly showFaults: boolean;
  onChange(value: FieldValue | undefined): void;
}

export function RecipePicture({ field, recipe, showFaults, onChange }: RecipePictureProps) {
  const [bitmap, setBitmap] = useState<ImageBitmap>();
  const [isUnreadable, setUnreadable] = useState(false);
  const [seen, setSeen] = useState<{ width: number; height: number; rgba: Uint8ClampedArray }>();
  // The recipe comes anew with each message of the host.
  const recipeText = JSON.stringify(recipe);
  useEffect(() => {
    setSeen(bitmap && shapedPicture(bitmap, recipe));
    // `recipe` follows from its text.
  }, [bitmap, recipeText]); // oxlint-disable-line react-hooks/exhaustive-deps
  const take = (file: File): void => {
    Promise.all([openPicture(file), fileValue(file)]).then(
      ([opened, value]) => {
        setBitmap(opened);
        setUnreadable(false);
        onChange(value);
      },
      () => setUnreadable(true),
    );
  };
  return (
    <div className={styles.zone}>
      <PictureZone
        seen={seen}
        caption={bitmap && t('recipe.sent', { width: String(bitmap.width), height: String(bitmap.height) })}
        onFile={take}
      />
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
      <section aria-label={t('recipe.title', { name: field.name })}>
        <RecipeLines recipe={recipe} />
      </section>
      <p className={styles.note}>{t('recipe.hint')}</p>
    </div>
  );
}
