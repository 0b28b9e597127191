/** The form of one model and its answer. Drawn pictures run by themselves, anything else with the button. */
import { Play, Repeat } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { useHost } from '../../live/use-live.ts';
import { t } from '../../texts/t.ts';
import { requestUrl } from '../../try/example-request.ts';
import type { FormField } from '../../try/form-model.ts';
import { formOf } from '../../try/form-model.ts';
import { requestOf } from '../../try/request.ts';
import type { FieldValue, InferenceRequest } from '../../try/request.ts';
import type { SnippetRequest } from '../../try/snippets.ts';
import { AnswerPanel } from './AnswerPanel.tsx';
import { InputField } from './InputField.tsx';
import { useRunner } from './use-runner.ts';
import styles from './TryModel.module.css';

/** Enough for a shape, over before anybody waits. */
const manyRuns = 50;

export function TryModel({ model, onAnswer }: { readonly model: ModelView; onAnswer?(): void }) {
  const { signature, featureNames, exampleRow, recipe } = model;
  // The signature comes anew with each message; the form must not.
  const signatureText = JSON.stringify([signature, featureNames, exampleRow, recipe]);
  const fields = useMemo(() => formOf(model), [signatureText]); // oxlint-disable-line react-hooks/exhaustive-deps
  if (fields === undefined) {
    return (
      <Card>
        <p>{t('try.signatureLater')}</p>
      </Card>
    );
  }
  return <TryForm model={model} fields={fields} {...(onAnswer !== undefined && { onAnswer })} />;
}

/** As an app sends it; a file stands beside the code. */
function snippetOf({ body, file }: InferenceRequest, url: string): SnippetRequest {
  return file === undefined ? { url, body } : { url, file: { fileName: file.fileName, type: file.file.type } };
}

interface TryFormProps {
  readonly model: ModelView;
  readonly fields: readonly FormField[];
  onAnswer?(): void;
}

function TryForm({ model, fields, onAnswer }: TryFormProps) {
  const { inferenceUrl, needsKey } = useHost()!;
  const runner = useRunner(model.name);
  const [values, setValues] = useState<readonly (FieldValue | undefined)[]>(() => fields.map(() => undefined));
  const [showFaults, setShowFaults] = useState(false);
  const isDrawn = fields.length === 1 && fields[0]!.kind === 'picture' && fields[0]!.isDrawn;
  const request = useMemo<InferenceRequest | undefined>(
    () => (values.every((value) => value !== undefined) ? requestOf(fields, values, model.takesPredict) : undefined),
    [fields, values, model.takesPredict],
  );
  const { run, answer, clear } = runner;
  useEffect(() => {
    if (isDrawn && request !== undefined) run(request);
    if (isDrawn && request === undefined) clear();
  }, [isDrawn, request, run, clear]);
  const told = useRef(false);
  useEffect(() => {
    if (answer !== undefined && !told.current) {
      told.current = true;
      onAnswer?.();
    }
  }, [answer, onAnswer]);

  const change = (index: number, value: FieldValue | undefined): void =>
    setValues((before) => before.map((each, at) => (at === index ? value : each)));
  const start = (many: boolean): void => {
    setShowFaults(true);
    if (request === undefined) return;
    if (many) runner.runMany(request, manyRuns);
    else run(request);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      start(false);
    }
  };
  const isMany = runner.series?.isRunning === true;
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- Ctrl-Enter from any field, beside the button
    <div className={styles.split} onKeyDown={onKeyDown}>
      <Card title={t('try.input')}>
        <div className={styles.form}>
          {fields.map((field, index) => (
            <InputField
              key={field.name}
              field={field}
              showFaults={showFaults}
              hasTensorLine={fields.length > 1 || field.kind !== 'row'}
              onChange={(value) => change(index, value)}
            />
          ))}
          <div className={styles.actions}>
            {!isDrawn && (
              <Button
                look="primary"
                icon={<Play aria-hidden="true" />}
                aria-keyshortcuts="Control+Enter"
                onClick={() => start(false)}
              >
                {runner.isRunning ? t('try.running') : t('try.run')}
              </Button>
            )}
            {isMany ? (
              <Button onClick={runner.stop}>{t('try.stop')}</Button>
            ) : (
              <Button
                icon={<Repeat aria-hidden="true" />}
                onClick={() => start(true)}
                disabled={isDrawn && request === undefined}
              >
                {t('try.runMany', { count: manyRuns })}
              </Button>
            )}
          </div>
          {runner.error !== undefined && <ErrorNotice error={runner.error} />}
        </div>
      </Card>
      <AnswerPanel
        model={model}
        answer={answer}
        series={runner.series}
        isDrawn={isDrawn}
        answered={runner.answered}
        request={request && { ...snippetOf(request, requestUrl(inferenceUrl, model.name, request.kind)), needsKey }}
      />
    </div>
  );
}
