/** Form fields with their label, help and error tied to them. */
import { useId } from 'react';
import type { InputHTMLAttributes, ReactNode, TextareaHTMLAttributes } from 'react';
import { classNames } from './class-names.ts';
import styles from './Field.module.css';

interface FieldWords {
  readonly label: ReactNode;
  readonly help?: string | undefined;
  readonly error?: string | undefined;
  /** The label is a name that nobody translates. */
  readonly isName?: boolean;
}

interface FrameProps extends FieldWords {
  readonly id: string;
  readonly isLabelHidden?: boolean;
  readonly children: ReactNode;
}

function FieldFrame({ id, label, help, error, isName, isLabelHidden, children }: FrameProps) {
  return (
    <div className={styles.field}>
      <label
        className={isLabelHidden === true ? styles.hidden : styles.label}
        htmlFor={id}
        translate={isName === true ? 'no' : undefined}
      >
        {label}
      </label>
      {children}
      {error !== undefined && (
        <p className={styles.error} id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
      {help !== undefined && (
        <p className={styles.help} id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

function described(id: string, { help, error }: FieldWords): string | undefined {
  return classNames(error !== undefined && `${id}-error`, help !== undefined && `${id}-help`) || undefined;
}

type TextFieldProps = FieldWords & InputHTMLAttributes<HTMLInputElement>;

export function TextField({ label, help, error, isName = false, ...rest }: TextFieldProps) {
  const id = useId();
  const words = { label, help, error, isName };
  return (
    <FieldFrame id={id} {...words}>
      <input
        id={id}
        className={styles.input}
        aria-invalid={error !== undefined}
        aria-describedby={described(id, words)}
        {...rest}
      />
    </FieldFrame>
  );
}

type TextAreaProps = FieldWords & TextareaHTMLAttributes<HTMLTextAreaElement>;

export function TextArea({ label, help, error, isName = false, ...rest }: TextAreaProps) {
  const id = useId();
  const words = { label, help, error, isName };
  return (
    <FieldFrame id={id} {...words}>
      <textarea
        id={id}
        className={styles.input}
        spellCheck={false}
        aria-invalid={error !== undefined}
        aria-describedby={described(id, words)}
        {...rest}
      />
    </FieldFrame>
  );
}

interface ChoiceProps<Value extends string> extends FieldWords {
  readonly value: Value;
  readonly options: readonly {
    readonly value: NoInfer<Value>;
    readonly text: string;
    /** A name that nobody translates. */
    readonly isName?: boolean;
  }[];
  onChange(value: NoInfer<Value>): void;
  /** The options are names that nobody translates. */
  readonly areNames?: boolean;
  /** What it is can be seen from its options; screen readers hear the label. */
  readonly isLabelHidden?: boolean;
}

export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const {
    value,
    options,
    onChange,
    areNames = false,
    isLabelHidden = false,
    label,
    help,
    error,
    isName = false,
  } = props;
  const id = useId();
  const words = { label, help, error, isName, isLabelHidden };
  return (
    <FieldFrame id={id} {...words}>
      <select
        id={id}
        className={styles.input}
        value={value}
        aria-describedby={described(id, words)}
        translate={areNames ? 'no' : undefined}
        onChange={(event) => onChange(event.target.value as Value)}
      >
        {options.map(({ value: option, text, isName: isNamed }) => (
          <option key={option} value={option} translate={isNamed === true ? 'no' : undefined}>
            {text}
          </option>
        ))}
      </select>
    </FieldFrame>
  );
}

interface CheckFieldProps {
  readonly label: ReactNode;
  readonly isChecked: boolean;
  onChange(isChecked: boolean): void;
}

/** Yes or no, with its words beside it. */
export function CheckField({ label, isChecked, onChange }: CheckFieldProps) {
  return (
    <label className={styles.check}>
      <input type="checkbox" checked={isChecked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}
