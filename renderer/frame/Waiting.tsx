/** While the first state of the host is on its way, or a place is being loaded. Says something only where that takes long. */
import { useEffect, useState } from 'react';
import { t } from '../texts/t.ts';
import styles from './Waiting.module.css';

/** Shorter waits are not noticed, milliseconds. */
const patienceMs = 400;

export function Waiting() {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className={styles.waiting} role="status">
      {isLong && t('frame.waiting')}
    </p>
  );
}
