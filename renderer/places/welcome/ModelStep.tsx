/** Step two: one of the models that are here, or one's own. */
import { Boxes, PencilLine } from 'lucide-react';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import { Button } from '../../components/Button.tsx';
import { useModels } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { formOf } from '../../try/form-model.ts';
import { DropZone } from '../models/DropZone.tsx';
import { easiestModel } from '../try/easiest-model.ts';
import styles from './Steps.module.css';

interface ModelStepProps {
  onBack(): void;
  onChoose(name: string): void;
}

export function ModelStep({ onBack, onChoose }: ModelStepProps) {
  const models = useModels().filter(({ state }) => state !== 'UNAVAILABLE');
  const first = easiestModel(models);
  const ordered = first === undefined ? [] : [first, ...models.filter((model) => model !== first)];
  return (
    <div className={styles.stack}>
      <p className={styles.lead}>{t('welcome.modelLead')}</p>
      {ordered.length > 0 && (
        <ul className={styles.models}>
          {ordered.map((model) => (
            <li key={model.name}>
              <ModelChoice model={model} onChoose={onChoose} />
            </li>
          ))}
        </ul>
      )}
      <div className={styles.own}>
        <h2>{t('welcome.own')}</h2>
        <DropZone />
      </div>
      <div className={styles.actions}>
        <Button onClick={onBack}>{t('welcome.back')}</Button>
      </div>
    </div>
  );
}

interface ModelChoiceProps {
  readonly model: ModelView;
  onChoose(name: string): void;
}

function ModelChoice({ model, onChoose }: ModelChoiceProps) {
  const field = formOf(model)?.[0];
  const isDrawn = field?.kind === 'picture' && field.isDrawn;
  return (
    <button type="button" className={styles.model} onClick={() => onChoose(model.name)}>
      {isDrawn ? <PencilLine aria-hidden="true" /> : <Boxes aria-hidden="true" />}
      <span className={styles.name}>{isDrawn ? t('welcome.digits') : t('welcome.use', { model: model.name })}</span>
      <span className={styles.words} translate={isDrawn ? undefined : 'no'}>
        {isDrawn ? t('welcome.digitsHint') : model.description}
      </span>
    </button>
  );
}
