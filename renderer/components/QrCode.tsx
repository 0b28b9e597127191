/** A text as a code to scan: dark on light in every theme, because scanners expect that. */
import encodeQR from 'qr';
import { t } from '../texts/t.ts';
import styles from './QrCode.module.css';

/** Light modules around it that the standard asks for. */
const border = 4;

export function QrCode({ text }: { readonly text: string }) {
  const rows = encodeQR(text, 'raw', { border });
  const path = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg
      className={styles.code}
      viewBox={`0 0 ${rows.length} ${rows.length}`}
      role="img"
      aria-label={t('network.qrLabel', { text })}
    >
      <rect className={styles.light} width={rows.length} height={rows.length} />
      <path className={styles.dark} d={path} />
    </svg>
  );
}
