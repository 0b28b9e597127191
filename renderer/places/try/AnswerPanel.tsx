/** The answer: what it says, its raw text, the same request as code; below, where the time went and the many runs. */
import { MessageSquareText } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ModelView } from '../../../server/protocol/admin/host-view.ts';
import type { InferenceAnswer } from '../../api/inference.ts';
import { Card } from '../../components/Card.tsx';
import { CodeBlock } from '../../components/CodeBlock.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { t } from '../../texts/t.ts';
import { parseAnswer } from '../../try/answer.ts';
import type { InferenceRequest } from '../../try/request.ts';
import type { SnippetRequest } from '../../try/snippets.ts';
import { AnswerView } from './AnswerView.tsx';
import { ManyRuns } from './ManyRuns.tsx';
import { SaveCase } from './SaveCase.tsx';
import { Snippets } from './SnippetCard.tsx';
import { TimeSplit } from './TimeSplit.tsx';
import type { Series } from './use-runner.ts';
import styles from './AnswerPanel.module.css';

interface AnswerPanelProps {
  readonly model: ModelView;
  readonly answer: InferenceAnswer | undefined;
  readonly series: Series | undefined;
  readonly isDrawn: boolean;
  /** The request as apps send it; undefined while the form is not complete. */
  readonly request: SnippetRequest | undefined;
  /** The request that was answered. */
  readonly answered: InferenceRequest | undefined;
}

const views = ['shown', 'raw', 'code'] as const;
type View = (typeof views)[number];
const viewTexts = { shown: 'answer.viewShown', raw: 'answer.viewRaw', code: 'answer.viewCode' } as const;

export function AnswerPanel({ model, answer, series, isDrawn, request, answered }: AnswerPanelProps) {
  const [view, setView] = useState<View>('shown');
  const labels = model.labels;
  const parsed = useMemo(() => (answer === undefined ? undefined : parseAnswer(answer.text, labels)), [answer, labels]);
  const empty = (
    <EmptyState icon={MessageSquareText} title={t('answer.none')}>
      {isDrawn ? t('answer.noneDraw') : t('answer.noneHint')}
    </EmptyState>
  );
  return (
    <div className={styles.panel}>
      <Card
        title={t('answer.title')}
        aside={
          <SegmentedChoice
            label={t('answer.view')}
            value={view}
            options={views.map((each) => ({ value: each, text: t(viewTexts[each]) }))}
            onChange={setView}
          />
        }
      >
        <div className={styles.body}>
          {view === 'code' ? (
            request === undefined ? (
              empty
            ) : (
              <Snippets request={request} />
            )
          ) : answer === undefined || parsed === undefined ? (
            empty
          ) : view === 'raw' ? (
            <CodeBlock code={prettyJson(answer.text)} label={t('answer.raw')} isTall />
          ) : (
            <div aria-live="polite" className={styles.shown}>
              <AnswerView answer={parsed} picture={answered?.file?.file} />
            </div>
          )}
        </div>
      </Card>
      {answer !== undefined && answered !== undefined && model.keepsTestCases && (
        <Card>
          <SaveCase key={answer.text} model={model} request={answered} />
        </Card>
      )}
      {answer !== undefined && parsed !== undefined && (
        <Card title={t('time.title')}>
          <TimeSplit
            time={parsed.time}
            browserMs={answer.browserMs}
            version={parsed.version}
            isSaved={answer.isSaved}
          />
        </Card>
      )}
      {series !== undefined && (
        <Card title={t('many.title', { count: series.count })}>
          <ManyRuns series={series} />
        </Card>
      )}
    </div>
  );
}

/** A longer answer is shown as it came: laying it out would take longer than reading it. */
const maxPretty = 200_000;

function prettyJson(text: string): string {
  return text.length > maxPretty ? text : JSON.stringify(JSON.parse(text), undefined, 2);
}
