/** A small line of the last minutes. Decoration beside a number: screen readers hear the number. */
import { sparklinePath } from './sparkline-path.ts';
import styles from './Sparkline.module.css';

interface SparklineProps {
  readonly values: readonly number[];
  /** How many values fill the width. */
  readonly capacity?: number;
  readonly tone?: 'accent' | 'action';
}

const width = 240;
const height = 40;

export function Sparkline({ values, capacity = 120, tone = 'accent' }: SparklineProps) {
  const { line, area } = sparklinePath(values, width, height, capacity);
  return (
    <svg className={styles[tone]} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path className={styles.base} d={`M0 ${height - 0.5}H${width}`} />
      <path className={styles.area} d={area} />
      <path className={styles.line} d={line} />
    </svg>
  );
}
