/** A picture recipe in words. Pure. */
import type { ImageView } from '../../server/protocol/admin/recipe-view.ts';
import { t } from '../texts/t.ts';

export function channelText(channels: ImageView['channels'], order: ImageView['order']): string {
  if (channels === 1) return t('recipe.gray');
  return channels === 4 ? t('recipe.alpha') : t('recipe.color', { order });
}

/** `the middle of 256 on the shorter side, bilinear`. */
export function fitText({ fit, shorterSide, filter }: Pick<ImageView, 'fit' | 'shorterSide' | 'filter'>): string {
  const how = t(`recipe.fit.${fit}`);
  const from = shorterSide === undefined ? '' : `, ${t('recipe.shorterSide', { pixels: shorterSide })}`;
  return `${how}${from}, ${filter}`;
}

/** `black 0, white 1`. */
export function rangeText({ range: [black, white] }: Pick<ImageView, 'range'>): string {
  return t('recipe.range', { black: plain(black), white: plain(white) });
}

/** `less 0.485, 0.456, 0.406, by 0.229, 0.224, 0.225`; empty where neither is there. */
export function normalText({ mean, std }: Pick<ImageView, 'mean' | 'std'>): string {
  const list = (values: readonly number[]): string => values.map(plain).join(' ');
  const parts = [mean && t('recipe.mean', { values: list(mean) }), std && t('recipe.std', { values: list(std) })];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** All of it in one line. */
export function recipeText(recipe: ImageView): string {
  const { width, height, channels, layout, order } = recipe;
  const size = `${width} × ${height}, ${channelText(channels, order)}`;
  const numbers = [rangeText(recipe), normalText(recipe)].filter((part) => part !== '').join('; ');
  return t('recipe.line', { size, fit: fitText(recipe), numbers, order: layoutText(layout) });
}

export function layoutText(layout: ImageView['layout']): string {
  return layout === 'flat' ? t('picture.order.flat') : layout;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(4)));
}
