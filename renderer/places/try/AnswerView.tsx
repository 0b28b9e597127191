/** What a model answered: bars for classes, a large number, a table for many rows, values where nothing else fits. */
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { answerNumber, shareText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import type { Answer, OutputValue, RowAnswer } from '../../try/answer.ts';
import { shapeText } from '../../try/form-model.ts';
import { BoxesView } from './BoxesView.tsx';
import styles from './AnswerView.module.css';

interface AnswerViewProps {
  readonly answer: Answer;
  /** What was sent, where boxes lie in it. */
  readonly picture?: Blob | undefined;
}

export function AnswerView({ answer, picture }: AnswerViewProps) {
  const [only, ...others] = answer.rows;
  if (only === undefined) return null;
  return others.length === 0 ? <RowView row={only} picture={picture} /> : <RowTable rows={answer.rows} />;
}

function RowView({ row, picture }: { readonly row: RowAnswer; readonly picture: Blob | undefined }) {
  switch (row.kind) {
    case 'classes':
      return <ClassBars row={row} />;
    case 'number':
      return (
        <p className={styles.headline} translate="no">
          {answerNumber(row.value)}
          {row.unit !== '' && <span className={styles.sure}>{row.unit}</span>}
        </p>
      );
    case 'boxes':
      return <BoxesView boxes={row.boxes} size={row.size} picture={picture} />;
    case 'outputs':
      return (
        <div className={styles.outputs}>
          {row.outputs.map((output) => (
            <OutputTable key={output.name} output={output} />
          ))}
        </div>
      );
  }
}

/** Classes that are shown before a person asks for all. */
const shownClasses = 10;

function ClassBars({ row }: { readonly row: RowAnswer & { readonly kind: 'classes' } }) {
  const [isAll, setAll] = useState(false);
  const { label, scores, areShares } = row;
  const shown = isAll ? scores : scores.slice(0, shownClasses);
  const most = areShares ? 1 : Math.max(...scores.map(({ score }) => Math.abs(score)), 1e-9);
  const best = scores.find((each) => each.label === label);
  return (
    <div className={styles.classes}>
      <p className={styles.headline}>
        <span translate="no">{label}</span>
        {areShares && best !== undefined && (
          <span className={styles.sure}>{t('answer.share', { share: shareText(best.score) })}</span>
        )}
      </p>
      {scores.length > 0 && (
        <ol className={styles.bars} aria-label={t('answer.bars')} translate="no">
          {shown.map(({ label: name, score }) => (
            <li key={name} className={name === label ? styles.best : styles.bar}>
              <span className={styles.name}>{name}</span>
              <span className={styles.track}>
                <span style={{ inlineSize: `${Math.max(0, Math.min(1, Math.abs(score) / most)) * 100}%` }} />
              </span>
              <span className={styles.score}>{areShares ? shareText(score) : answerNumber(score)}</span>
            </li>
          ))}
        </ol>
      )}
      {!areShares && scores.length > 0 && <p className={styles.note}>{t('answer.scores')}</p>}
      {scores.length > shownClasses && (
        <Button look="quiet" onClick={() => setAll(!isAll)}>
          {isAll ? t('answer.fewer') : t('answer.more', { count: scores.length - shownClasses })}
        </Button>
      )}
    </div>
  );
}

/** More values are for programs. */
const shownValues = 200;

function OutputTable({ output: { name, shape, elements } }: { readonly output: OutputValue }) {
  const shown = elements.slice(0, shownValues);
  const numbers = shown.filter((value): value is number => typeof value === 'number');
  const most = Math.max(...numbers.map(Math.abs), 1e-9);
  return (
    <section>
      <h3 translate="no">{t('answer.output', { name, shape: shapeText(shape, '') })}</h3>
      <ol className={styles.bars} translate="no" start={0}>
        {shown.map((value, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- values have no name but their place
          <li key={index} className={styles.bar}>
            <span className={styles.name}>{index}</span>
            <span className={styles.track}>
              {typeof value === 'number' && <span style={{ inlineSize: `${(Math.abs(value) / most) * 100}%` }} />}
            </span>
            <span className={styles.score}>{typeof value === 'number' ? answerNumber(value) : String(value)}</span>
          </li>
        ))}
      </ol>
      {elements.length > shownValues && (
        <p className={styles.note}>{t('answer.cut', { shown: shownValues, total: elements.length })}</p>
      )}
    </section>
  );
}

function RowTable({ rows }: { readonly rows: readonly RowAnswer[] }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling frame must be reachable by keyboard
    <div className={styles.frame} tabIndex={0} role="region" aria-label={t('answer.rows')}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t('answer.row')}</th>
            <th scope="col">{t('answer.result')}</th>
            <th scope="col">{t('answer.score')}</th>
          </tr>
        </thead>
        <tbody translate="no">
          {rows.map((row, index) => {
            const { text, share } = rowText(row);
            return (
              // oxlint-disable-next-line react/no-array-index-key -- rows have no name but their place
              <tr key={index}>
                <td>{index + 1}</td>
                <td className={styles.result}>{text}</td>
                <td>{share}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function rowText(row: RowAnswer): { readonly text: string; readonly share: string } {
  switch (row.kind) {
    case 'classes': {
      const best = row.scores.find(({ label }) => label === row.label);
      const share = best === undefined ? '' : row.areShares ? shareText(best.score) : answerNumber(best.score);
      return { text: row.label, share };
    }
    case 'number':
      return { text: `${answerNumber(row.value)} ${row.unit}`.trim(), share: '' };
    case 'boxes':
      return { text: t('answer.found', { count: row.boxes.length }), share: '' };
    case 'outputs': {
      const values = row.outputs.flatMap(({ elements }) => elements).slice(0, 6);
      const text = values.map((value) => (typeof value === 'number' ? answerNumber(value) : String(value))).join(', ');
      return { text, share: '' };
    }
  }
}
