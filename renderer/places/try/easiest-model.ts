/** Which model a person tries first: one that can be drawn for, else one with few numbers. Pure. */
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import { formOf } from '../../try/form-model.ts';

export function easiestModel(models: readonly ModelView[]): ModelView | undefined {
  const scored = models.map((model) => ({ model, effort: effortOf(model) }));
  return scored.toSorted((a, b) => a.effort - b.effort)[0]?.model;
}

function effortOf(model: ModelView): number {
  const fields = formOf(model);
  const later = model.state === 'READY' ? 0 : 10_000;
  if (fields === undefined) return later + 1000;
  return (
    later +
    fields.reduce((sum, field) => {
      if (field.kind === 'picture') return sum + (field.isDrawn ? 0 : 40);
      return sum + (field.kind === 'row' ? field.features.length : field.kind === 'text' ? 2 : 100);
    }, 0)
  );
}
