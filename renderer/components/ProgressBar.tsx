/** How far a job is; a moving bar while nobody knows. */
import styles from './ProgressBar.module.css';

interface ProgressBarProps {
  readonly label: string;
  readonly done: number;
  /** 0 while nobody knows. */
  readonly total: number;
}

export function ProgressBar({ label, done, total }: ProgressBarProps) {
  const percent = total > 0 ? Math.min(100, (done / total) * 100) : undefined;
  return (
    <div
      className={styles.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent === undefined ? undefined : Math.round(percent)}
    >
      <div
        className={percent === undefined ? styles.unknown : styles.known}
        style={percent === undefined ? undefined : { inlineSize: `${percent}%` }}
      />
    </div>
  );
}
