/** Texts for inputs of BYTES: one, or one per line. */
import { useEffect, useState } from 'react';
import { TextArea } from '../../components/Field.tsx';
import { t } from '../../texts/t.ts';
import { elementCount } from '../../try/form-model.ts';
import type { TextField } from '../../try/form-model.ts';
import type { FieldValue } from '../../try/request.ts';

interface TextInputProps {
  readonly field: TextField;
  readonly showFaults: boolean;
  onChange(value: FieldValue | undefined): void;
}

export function TextInput({ field, showFaults, onChange }: TextInputProps) {
  const [text, setText] = useState('');
  const perRow = field.isBatched ? field.shape.slice(1) : field.shape;
  const wanted = elementCount(perRow.map((size) => (size === -1 ? 1 : size)));
  const isFree = perRow.includes(-1) || (field.isBatched && wanted === 1);
  const lines = isFree || wanted > 1 ? text.split('\n') : [text];
  const fits = isFree || lines.length === wanted;
  useEffect(() => {
    if (!fits) onChange(undefined);
    else onChange({ shape: shapeFor(field.shape, lines.length, isFree), elements: lines });
    // `lines` follow from `text`, and `onChange` is new each time.
  }, [text]); // oxlint-disable-line react-hooks/exhaustive-deps
  return (
    <TextArea
      label={t('text.label')}
      help={t('text.hint')}
      error={showFaults && !fits ? t('text.count', { wanted, found: lines.length }) : undefined}
      rows={4}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

/** The first free dimension takes the number of lines, the others one. */
function shapeFor(declared: readonly number[], count: number, isFree: boolean): number[] {
  const first = declared.indexOf(-1);
  return declared.map((size, at) => (size !== -1 ? size : isFree && at === first ? count : 1));
}
