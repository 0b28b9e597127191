/** The saved test cases of a model: what every further version has to answer. */
import { Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { TestCaseList, TestCaseView } from '../../../server/protocol/admin/test-case-view.ts';
import { listTestCases, removeTestCase } from '../../api/test-cases.ts';
import { Button, ButtonLink } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { Time } from '../../components/Time.tsx';
import { t } from '../../texts/t.ts';
import styles from './TestCasesCard.module.css';

/** More are in the command line's list. */
const shownCases = 10;

export function TestCasesCard({ model, isKept }: { readonly model: string; readonly isKept: boolean }) {
  const [list, setList] = useState<TestCaseList>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    listTestCases(model).then(setList, setError);
  }, [model]);
  const cases = list?.cases ?? [];
  const remove = (id: string): void => {
    setError(undefined);
    removeTestCase(model, id).then(setList, setError);
  };
  return (
    <Card
      title={t('cases.title', { count: cases.length })}
      aside={<ButtonLink to={`/try/${encodeURIComponent(model)}`}>{t('cases.add')}</ButtonLink>}
    >
      <div className={styles.stack}>
        {error !== undefined && <ErrorNotice error={error} />}
        <p>{cases.length === 0 ? t('cases.none') : list?.areOwn === true ? t('cases.own') : t('cases.came')}</p>
        {cases.length > 0 && (
          <ol className={styles.cases}>
            {cases.slice(0, shownCases).map((each) => (
              <li key={each.id}>
                <CaseLine testCase={each} />
                {isKept && (
                  <Button
                    look="quiet"
                    icon={<Trash2 aria-hidden="true" />}
                    aria-label={t('cases.remove', { name: each.name ?? each.id })}
                    onClick={() => remove(each.id)}
                  >
                    {t('cases.removeShort')}
                  </Button>
                )}
              </li>
            ))}
          </ol>
        )}
        {cases.length > shownCases && <p>{t('cases.more', { count: cases.length - shownCases })}</p>}
        <CommandHint command={`millrace models samples list ${model}`} />
      </div>
    </Card>
  );
}

function CaseLine({ testCase }: { readonly testCase: TestCaseView }) {
  const { id, name, savedAt, inputs, expected } = testCase;
  return (
    <div className={styles.line}>
      <p className={styles.name}>
        <span translate="no">{name ?? id}</span>
        {savedAt !== undefined && <Time iso={savedAt} />}
      </p>
      <p className={styles.values} translate="no">
        {valuesText(inputs)} → {valuesText(expected)}
      </p>
    </div>
  );
}

function valuesText(values: Readonly<Record<string, string>>): string {
  const entries = Object.entries(values);
  return entries.length === 1 ? entries[0]![1] : entries.map(([name, value]) => `${name} ${value}`).join(', ');
}
