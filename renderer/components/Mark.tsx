/** The mark: a mill wheel in a channel. */
import styles from './Mark.module.css';

export function Mark({ size = 24 }: { readonly size?: number }) {
  return (
    <svg className={styles.mark} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <g fill="none" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round">
        <circle cx="16" cy="13" r="7.2" />
        <path d="M16 2.6v20.8M5.6 13h20.8M8.65 5.65l14.7 14.7M23.35 5.65l-14.7 14.7" />
        <path d="M2 25.5c3.5-2.2 5.5-2.2 9.3 0s5.8 2.2 9.4 0 5.8-2.2 9.3 0" strokeWidth="2.8" />
      </g>
      <circle cx="16" cy="13" r="2.6" fill="currentColor" />
    </svg>
  );
}
