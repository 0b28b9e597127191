/** The first steps: what this is, a model, and the first answer. Each step has an address; all can be skipped. */
import { useLocation } from 'wouter';
import { Button } from '../../components/Button.tsx';
import { Mark } from '../../components/Mark.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { t } from '../../texts/t.ts';
import { FirstAnswer } from './FirstAnswer.tsx';
import { ModelStep } from './ModelStep.tsx';
import { WhatStep } from './WhatStep.tsx';
import { setWelcomed } from './welcomed.ts';
import styles from './WelcomePlace.module.css';

const stepCount = 3;

export function WelcomePlace({ step: text = '1' }: { readonly step?: string | undefined }) {
  const [, navigate] = useLocation();
  const [number = '1', model] = decodeURIComponent(text).split(/-(.*)/s);
  const step = Math.max(1, Math.min(stepCount, Number(number) || 1));
  const skip = (): void => {
    setWelcomed();
    navigate('/');
  };
  return (
    <div className={styles.welcome}>
      <div className={styles.top}>
        <Mark size={36} />
        <p className={styles.step}>{t('welcome.step', { step, steps: stepCount })}</p>
        <Button look="quiet" onClick={skip}>
          {t('welcome.skip')}
        </Button>
      </div>
      <PageHead
        title={step === 1 ? t('welcome.title') : step === 2 ? t('welcome.modelTitle') : t('welcome.firstTitle')}
      />
      {step === 1 && <WhatStep onNext={() => navigate('/welcome/2')} />}
      {step === 2 && (
        <ModelStep
          onBack={() => navigate('/welcome/1')}
          onChoose={(name) => navigate(`/welcome/${encodeURIComponent(`3-${name}`)}`)}
        />
      )}
      {step === 3 && <FirstAnswer name={model} onBack={() => navigate('/welcome/2')} onFinish={skip} />}
    </div>
  );
}
