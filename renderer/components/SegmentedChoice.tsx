/** A few exclusive choices side by side: radio buttons that look like one control. */
import { useId } from 'react';
import styles from './SegmentedChoice.module.css';

interface SegmentedChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: NoInfer<Value>; readonly text: string }[];
  onChange(value: NoInfer<Value>): void;
  /** The options are names that nobody translates. */
  readonly areNames?: boolean;
}

export function SegmentedChoice<Value extends string>(props: SegmentedChoiceProps<Value>) {
  const { label, value, options, onChange, areNames = false } = props;
  const name = useId();
  return (
    <fieldset className={styles.choice} translate={areNames ? 'no' : undefined}>
      <legend className={styles.legend}>{label}</legend>
      {options.map(({ value: option, text }) => (
        <label key={option} className={styles.option}>
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChange(option)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
