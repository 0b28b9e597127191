/** What a tensor is, in words that need no knowledge of tensors. Pure. */
import type { RecipeView } from '../../../server/protocol/admin/recipe-view.ts';
import type { TensorSpec } from '../../../server/protocol/tensors.ts';
import { fieldOf, shapeText } from '../../try/form-model.ts';
import { t } from '../../texts/t.ts';

export function inputWords(spec: TensorSpec, featureNames: readonly string[] | undefined, recipe?: RecipeView): string {
  const field = fieldOf(spec, featureNames, undefined, recipe);
  switch (field.kind) {
    case 'picture': {
      const { width, height, channels } = field;
      const color = t(channels === 1 ? 'input.gray' : channels === 3 ? 'input.color' : 'input.colorAlpha');
      return width === -1 || height === -1
        ? t('input.pictureAny', { color })
        : t('input.picture', { width: String(width), height: String(height), color });
    }
    case 'row':
      return t('input.numbers', { count: field.features.length });
    case 'text':
      return t('input.text');
    case 'array':
      return spec.datatype === 'BOOL' ? t('input.flag') : t('input.array', { shape: shapeOf(spec) });
  }
}

export function outputWords(spec: TensorSpec, labels: readonly string[] | undefined): string {
  const { datatype, shape } = spec;
  const isFloat = /^B?FP/.test(datatype);
  const perRow = shape[0] === -1 ? shape.slice(1) : shape;
  const size = perRow.reduce((product, side) => product * side, 1);
  if (datatype === 'BYTES') return t('input.text');
  if (isFloat && labels !== undefined && perRow.at(-1) === labels.length)
    return t('input.scores', { count: labels.length });
  if (!isFloat && labels !== undefined && size === 1) return t('input.classIndex');
  if (size === 1) return t('input.oneNumber');
  return t('input.array', { shape: shapeOf({ ...spec, shape: perRow }) });
}

export function shapeOf({ shape }: TensorSpec): string {
  return shapeText(shape, t('input.any'));
}

/** The second, gray line: for those who know tensors. */
export function specText(spec: TensorSpec): string {
  return `${spec.name} · ${spec.datatype} · ${shapeOf(spec)}`;
}
