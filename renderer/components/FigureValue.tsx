/** A number that matters, large, with its unit small beside it. */
import type { Figure } from '../format/format.ts';
import styles from './FigureValue.module.css';

interface FigureValueProps {
  readonly figure: Figure;
  readonly size?: 'large' | 'small';
}

export function FigureValue({ figure: { value, unit }, size = 'large' }: FigureValueProps) {
  return (
    <span className={styles[size]} translate="no">
      {value}
      {unit !== '' && <span className={styles.unit}>{unit}</span>}
    </span>
  );
}
