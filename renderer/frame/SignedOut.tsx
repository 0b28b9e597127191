/** For a browser that has no session: how to get one. */
import { CodeBlock } from '../components/CodeBlock.tsx';
import { Mark } from '../components/Mark.tsx';
import { t } from '../texts/t.ts';
import styles from './SignedOut.module.css';

export function SignedOut() {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <Mark size={40} />
        <h1>{t('signedOut.title')}</h1>
        <p>{t('signedOut.why')}</p>
        <CodeBlock code="npx millrace open" label={t('command.label')} />
        <p className={styles.faint}>{t('signedOut.hint')}</p>
      </div>
    </main>
  );
}
