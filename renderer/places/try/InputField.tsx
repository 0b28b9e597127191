/** One input of the model as the field that fits it, with the tensor's own line for those who know tensors. */
import { t } from '../../texts/t.ts';
import type { FormField } from '../../try/form-model.ts';
import { shapeText } from '../../try/form-model.ts';
import type { FieldValue } from '../../try/request.ts';
import { ArrayInput } from './ArrayInput.tsx';
import { PadInput } from './PadInput.tsx';
import { PictureInput } from './PictureInput.tsx';
import { RecipePicture } from './RecipePicture.tsx';
import { RowInput } from './RowInput.tsx';
import { TextInput } from './TextInput.tsx';
import styles from './InputField.module.css';

interface InputFieldProps {
  readonly field: FormField;
  readonly showFaults: boolean;
  readonly hasTensorLine: boolean;
  /** Undefined where the field holds nothing that can be sent. */
  onChange(value: FieldValue | undefined): void;
}

export function InputField({ field, showFaults, hasTensorLine, onChange }: InputFieldProps) {
  return (
    <div className={styles.field}>
      {hasTensorLine && (
        <p className={styles.tensor} translate="no">
          {t('field.tensor', {
            name: field.name,
            type: field.datatype,
            shape: shapeText(field.shape, t('input.any')),
          })}
        </p>
      )}
      <FieldBody field={field} showFaults={showFaults} onChange={onChange} />
    </div>
  );
}

function FieldBody({ field, showFaults, onChange }: Omit<InputFieldProps, 'hasTensorLine'>) {
  switch (field.kind) {
    case 'row':
      return <RowInput field={field} showFaults={showFaults} onChange={onChange} />;
    case 'picture':
      if (field.isDrawn) return <PadInput field={field} onChange={onChange} />;
      return field.recipe !== undefined ? (
        <RecipePicture field={field} recipe={field.recipe} showFaults={showFaults} onChange={onChange} />
      ) : (
        <PictureInput field={field} showFaults={showFaults} onChange={onChange} />
      );
    case 'text':
      return <TextInput field={field} showFaults={showFaults} onChange={onChange} />;
    case 'array':
      return <ArrayInput field={field} showFaults={showFaults} onChange={onChange} />;
  }
}
