/** A request that a model answers, for code that people copy before they have data of their own. Pure. */
import type { ModelView } from '../../server/protocol/admin/host-view.ts';
import type { FormField } from './form-model.ts';
import { elementCount, formOf } from './form-model.ts';
import type { ArrayValue } from './request.ts';
import { requestOf } from './request.ts';
import { startingValue } from './row-draft.ts';
import type { SnippetRequest } from './snippets.ts';

type ExampleFacts = Pick<ModelView, 'name' | 'signature' | 'featureNames' | 'exampleRow' | 'recipe' | 'takesPredict'>;

/** Undefined until the signature is known. */
export function exampleRequest(model: ExampleFacts, inferenceUrl: string): SnippetRequest | undefined {
  const fields = formOf(model);
  if (fields === undefined) return undefined;
  const [only, ...others] = fields;
  if (only?.kind === 'picture' && only.recipe !== undefined && others.length === 0 && model.takesPredict) {
    return { url: requestUrl(inferenceUrl, model.name, 'predict'), file: exampleFile };
  }
  const { kind, body } = requestOf(fields, fields.map(exampleValue), model.takesPredict);
  return { url: requestUrl(inferenceUrl, model.name, kind), body };
}

/** What people have: a photo beside the program. */
const exampleFile = { fileName: 'picture.jpg', type: 'image/jpeg' };

/** Where an app sends it. */
export function requestUrl(inferenceUrl: string, model: string, kind: 'predict' | 'infer'): string {
  const name = encodeURIComponent(model);
  return kind === 'predict' ? `${inferenceUrl}/predict/${name}` : `${inferenceUrl}/v2/models/${name}/infer`;
}

/** The model's own example where it has one, else zeros in its shape. */
export function exampleValue(field: FormField): ArrayValue {
  const shape = field.shape.map((size) => (size === -1 ? 1 : size));
  const example = field.kind === 'row' || field.kind === 'picture' ? field.example : undefined;
  const zero = field.kind === 'text' ? '' : field.datatype === 'BOOL' ? false : 0;
  if (field.kind === 'row' && field.columns !== undefined && example === undefined)
    return { shape, elements: field.columns.map(startingValue) };
  const elements =
    example !== undefined && example.length === elementCount(shape)
      ? example.map((value) => Number(value.toPrecision(6)))
      : Array.from({ length: elementCount(shape) }, () => zero);
  return { shape, elements };
}
