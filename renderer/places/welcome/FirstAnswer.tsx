/** Step three: the first answer, on the same form as Try it. */
import { useState } from 'react';
import { Button, ButtonLink } from '../../components/Button.tsx';
import { useModels } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { formOf } from '../../try/form-model.ts';
import { TryModel } from '../try/TryModel.tsx';
import { easiestModel } from '../try/easiest-model.ts';
import { setWelcomed } from './welcomed.ts';
import styles from './Steps.module.css';

interface FirstAnswerProps {
  /** Undefined: the easiest one. */
  readonly name: string | undefined;
  onBack(): void;
  onFinish(): void;
}

export function FirstAnswer({ name, onBack, onFinish }: FirstAnswerProps) {
  const models = useModels();
  const model = models.find((each) => each.name === name) ?? easiestModel(models);
  const [isAnswered, setAnswered] = useState(false);
  const field = model === undefined ? undefined : formOf(model)?.[0];
  const isDrawn = field?.kind === 'picture' && field.isDrawn;
  return (
    <div className={styles.stack}>
      {model === undefined ? (
        <p>{t('try.none')}</p>
      ) : (
        <>
          <p className={styles.lead}>{isDrawn ? t('welcome.drawLead') : t('welcome.sendLead')}</p>
          <TryModel
            key={model.name}
            model={model}
            onAnswer={() => {
              setAnswered(true);
              setWelcomed();
            }}
          />
        </>
      )}
      <div className={styles.actions}>
        <Button look={isAnswered ? 'primary' : 'plain'} onClick={onFinish}>
          {t('welcome.finish')}
        </Button>
        {isAnswered && <ButtonLink to="/connect">{t('home.connect')}</ButtonLink>}
        <Button look="quiet" onClick={onBack}>
          {t('welcome.back')}
        </Button>
      </div>
    </div>
  );
}
