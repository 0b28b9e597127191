/** A field that narrows down what is below it. */
import styles from './SearchField.module.css';

interface SearchFieldProps {
  /** What is searched: the placeholder and the name for screen readers. */
  readonly label: string;
  readonly value: string;
  onChange(typed: string): void;
}

/** As much as the host takes. */
const maxCharacters = 200;

export function SearchField({ label, value, onChange }: SearchFieldProps) {
  return (
    <input
      type="search"
      className={styles.search}
      placeholder={label}
      aria-label={label}
      value={value}
      maxLength={maxCharacters}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
