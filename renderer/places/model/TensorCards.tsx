/** What a model takes and gives, at a glance. */
import { ArrowRight, Braces, Hash, Image, Tag, TextCursorInput } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import type { RecipeView } from '../../../server/protocol/admin/recipe-view.ts';
import type { TensorSpec } from '../../../server/protocol/tensors.ts';
import { Mark } from '../../components/Mark.tsx';
import { t } from '../../texts/t.ts';
import { fieldOf } from '../../try/form-model.ts';
import { columnLabel } from '../try/ColumnField.tsx';
import { inputWords, outputWords, specText } from './tensor-words.ts';
import styles from './TensorCards.module.css';

export function TensorCards({ model }: { readonly model: ModelView }) {
  const { signature, featureNames, labels, name, recipe } = model;
  if (signature === undefined) return <p className={styles.later}>{t('model.signatureLater')}</p>;
  const isOnly = signature.inputs.length === 1;
  const features = isOnly ? featureNames : undefined;
  return (
    <div className={styles.flow}>
      <section aria-label={t('model.inputs')} className={styles.side}>
        {signature.inputs.map((spec) => (
          <TensorCard
            key={spec.name}
            icon={inputIcon(spec, features, recipe)}
            words={inputWords(spec, features, recipe)}
            spec={spec}
            names={isPictureOf(spec, features, recipe) ? undefined : (columnNames(spec, recipe) ?? features)}
            namesLabel={t('input.features')}
          />
        ))}
      </section>
      <ArrowRight aria-hidden="true" className={styles.arrow} />
      <div className={styles.wheel} translate="no">
        <Mark size={34} />
        <span>{name}</span>
      </div>
      <ArrowRight aria-hidden="true" className={styles.arrow} />
      <section aria-label={t('model.outputs')} className={styles.side}>
        {signature.outputs.map((spec) => (
          <TensorCard
            key={spec.name}
            icon={labels !== undefined ? Tag : Hash}
            words={outputWords(spec, labels)}
            spec={spec}
            names={labels !== undefined && spec.shape.at(-1) === labels.length ? labels : undefined}
            namesLabel={t('input.labels')}
          />
        ))}
      </section>
    </div>
  );
}

/** With their units, where the recipe has them. */
function columnNames({ name: input }: TensorSpec, recipe: RecipeView | undefined): readonly string[] | undefined {
  const columns = recipe?.columns.filter((column) => column.input === input) ?? [];
  return columns.length === 0 ? undefined : columns.map(columnLabel);
}

function isPictureOf(
  spec: TensorSpec,
  features: readonly string[] | undefined,
  recipe: RecipeView | undefined,
): boolean {
  return fieldOf(spec, features, undefined, recipe).kind === 'picture';
}

function inputIcon(
  spec: TensorSpec,
  features: readonly string[] | undefined,
  recipe: RecipeView | undefined,
): LucideIcon {
  const { kind } = fieldOf(spec, features, undefined, recipe);
  return { picture: Image, row: Hash, text: TextCursorInput, array: Braces }[kind];
}

interface TensorCardProps {
  readonly icon: LucideIcon;
  readonly words: string;
  readonly spec: TensorSpec;
  readonly names: readonly string[] | undefined;
  readonly namesLabel: string;
}

/** More names than these are a list of their own. */
const shownNames = 12;

function TensorCard({ icon: Icon, words, spec, names, namesLabel }: TensorCardProps) {
  return (
    <div className={styles.card}>
      <Icon aria-hidden="true" />
      <div className={styles.words}>
        <p className={styles.title}>{words}</p>
        <p className={styles.spec} translate="no">
          {specText(spec)}
        </p>
        {names !== undefined && (
          <ul className={styles.names} aria-label={namesLabel} translate="no">
            {names.slice(0, shownNames).map((name) => (
              <li key={name}>{name}</li>
            ))}
            {names.length > shownNames && (
              <li title={names.slice(shownNames).join(', ')}>+{names.length - shownNames}</li>
            )}
          </ul>
        )}
      </div>
    </div>
  );
}
