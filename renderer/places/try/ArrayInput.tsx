/** Any array: typed, pasted, or filled with zeros or chance, with its free dimensions chosen. */
import { Dices, SquareDashed } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { TextArea, TextField } from '../../components/Field.tsx';
import { t } from '../../texts/t.ts';
import { elementCount, shapeText } from '../../try/form-model.ts';
import type { ArrayField } from '../../try/form-model.ts';
import { isFault, parseArray } from '../../try/request.ts';
import type { ArrayFault, FieldValue } from '../../try/request.ts';
import styles from './RowInput.module.css';

interface ArrayInputProps {
  readonly field: ArrayField;
  readonly showFaults: boolean;
  onChange(value: FieldValue | undefined): void;
}

/** A text of more numbers would make the page slow; such inputs are sent by programs. */
const maxFilled = 100_000;

export function ArrayInput({ field, showFaults, onChange }: ArrayInputProps) {
  const { shape: declared, datatype } = field;
  const [sizes, setSizes] = useState<readonly number[]>(() => declared.map((size) => (size === -1 ? 1 : size)));
  const [text, setText] = useState(() =>
    zeros(
      declared.map((size) => (size === -1 ? 1 : size)),
      datatype,
    ),
  );
  const parsed = parseArray(text, declared, sizes, datatype === 'BOOL');
  useEffect(() => {
    onChange(isFault(parsed) ? undefined : parsed);
    // `parsed` follows from the two, and `onChange` is new each time.
  }, [text, sizes]); // oxlint-disable-line react-hooks/exhaustive-deps
  const resize = (at: number, size: number): void => {
    const next = sizes.map((each, index) => (index === at ? size : each));
    setSizes(next);
    setText(zeros(next, datatype));
  };
  return (
    <>
      {declared.includes(-1) && (
        <div className={styles.cells}>
          {declared.map((size, at) =>
            size === -1 ? (
              <TextField
                // oxlint-disable-next-line react/no-array-index-key -- a dimension is its place
                key={at}
                type="number"
                min={1}
                max={4096}
                label={t('array.dimension', { index: at + 1 })}
                value={sizes[at]}
                onChange={(event) =>
                  resize(at, Math.max(1, Math.min(4096, Math.floor(Number(event.target.value) || 1))))
                }
              />
            ) : null,
          )}
        </div>
      )}
      <TextArea
        label={t('array.label')}
        help={t('array.hint')}
        error={isFault(parsed) && (showFaults || text !== '') ? faultText(parsed, declared) : undefined}
        rows={6}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <div className={styles.tools}>
        <Button icon={<SquareDashed aria-hidden="true" />} onClick={() => setText(zeros(sizes, datatype))}>
          {t('array.zeros')}
        </Button>
        <Button icon={<Dices aria-hidden="true" />} onClick={() => setText(randoms(sizes, datatype))}>
          {t('array.random')}
        </Button>
      </div>
    </>
  );
}

function fill(sizes: readonly number[], element: () => number | boolean): string {
  const count = Math.min(elementCount(sizes), maxFilled);
  return Array.from({ length: count }, element).join(', ');
}

function zeros(sizes: readonly number[], datatype: string): string {
  return fill(sizes, () => (datatype === 'BOOL' ? false : 0));
}

function randoms(sizes: readonly number[], datatype: string): string {
  if (datatype === 'BOOL') return fill(sizes, () => Math.random() < 0.5);
  return fill(sizes, () => (/INT/.test(datatype) ? Math.floor(Math.random() * 10) : Number(Math.random().toFixed(4))));
}

function faultText(fault: ArrayFault, declared: readonly number[]): string {
  const wanted = shapeText(declared, t('input.any'));
  switch (fault.kind) {
    case 'not-json':
      return t('array.notJson');
    case 'ragged':
      return t('array.ragged');
    case 'shape':
      return t('array.shape', { found: shapeText(fault.found, t('input.any')), wanted });
    case 'count':
      return t('array.count', { found: fault.found, wanted: fault.wanted });
    case 'element':
      return t('array.element', { element: fault.element });
  }
}
