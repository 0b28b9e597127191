/** What the model's recipe does with a picture, in words: the same for every app that sends one. */
import type { ImageView } from '../../../server/protocol/admin/recipe-view.ts';
import { FactList } from '../../components/FactList.tsx';
import { t } from '../../texts/t.ts';
import { channelText, fitText, layoutText, normalText, rangeText } from '../../try/recipe-words.ts';

export function RecipeLines({ recipe }: { readonly recipe: ImageView }) {
  const { width, height, channels, layout, order } = recipe;
  const numbers = normalText(recipe);
  return (
    <FactList
      facts={[
        { name: t('recipe.size'), value: `${width} × ${height}, ${channelText(channels, order)}` },
        { name: t('recipe.fit'), value: fitText(recipe) },
        { name: t('recipe.numbers'), value: numbers === '' ? rangeText(recipe) : `${rangeText(recipe)}; ${numbers}` },
        { name: t('recipe.layout'), value: layoutText(layout) },
      ]}
    />
  );
}
