/** "Save as test case": the request that was just answered becomes a check of every further version. */
import { BookmarkPlus, Check } from 'lucide-react';
import { useState } from 'react';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import { saveTestCase } from '../../api/test-cases.ts';
import { Button, ButtonLink } from '../../components/Button.tsx';
import { Choice, TextField } from '../../components/Field.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { t } from '../../texts/t.ts';
import type { InferenceRequest } from '../../try/request.ts';
import styles from './SaveCase.module.css';

interface SaveCaseProps {
  readonly model: ModelView;
  readonly request: InferenceRequest;
}

const wholeNumbers = /^U?INT/;

export function SaveCase({ model, request }: SaveCaseProps) {
  const hasClass = model.signature?.outputs.some(({ datatype }) => wholeNumbers.test(datatype)) === true;
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [check, setCheck] = useState<'class' | 'numbers'>(hasClass ? 'class' : 'numbers');
  const [tolerance, setTolerance] = useState('0.001');
  const [saved, setSaved] = useState<number>();
  const [error, setError] = useState<Error>();
  if (!model.keepsTestCases) return null;
  if (saved !== undefined) {
    return (
      <p className={styles.saved} role="status">
        <Check aria-hidden="true" />
        <span>{t('case.saved', { count: saved })}</span>
        <ButtonLink to={`/models/${encodeURIComponent(model.name)}/versions`}>{t('case.see')}</ButtonLink>
      </p>
    );
  }
  if (!isOpen) {
    return (
      <Button icon={<BookmarkPlus aria-hidden="true" />} onClick={() => setOpen(true)}>
        {t('case.save')}
      </Button>
    );
  }
  const save = (): void => {
    setError(undefined);
    saveTestCase(model.name, request, { name, check, tolerance }).then((cases) => setSaved(cases.length), setError);
  };
  return (
    <section className={styles.form} aria-label={t('case.save')}>
      <p>{t('case.explain')}</p>
      <TextField
        label={t('case.name')}
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.target.value)}
      />
      {hasClass && (
        <Choice
          label={t('case.check')}
          value={check}
          options={[
            { value: 'class', text: t('case.check.class') },
            { value: 'numbers', text: t('case.check.numbers') },
          ]}
          onChange={setCheck}
        />
      )}
      {check === 'numbers' && (
        <TextField
          label={t('case.tolerance')}
          help={t('case.toleranceHint')}
          inputMode="decimal"
          value={tolerance}
          onChange={(event) => setTolerance(event.target.value)}
        />
      )}
      {error !== undefined && <ErrorNotice error={error} />}
      <div className={styles.tools}>
        <Button look="primary" onClick={save}>
          {t('case.keep')}
        </Button>
        <Button onClick={() => setOpen(false)}>{t('case.cancel')}</Button>
      </div>
    </section>
  );
}
