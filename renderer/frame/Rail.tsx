/** The rail of places on the left; a bar at the bottom of narrow screens. */
import { Link, useLocation } from 'wouter';
import { Mark } from '../components/Mark.tsx';
import { t } from '../texts/t.ts';
import { isAt, places } from './places.ts';
import styles from './Rail.module.css';

export function Rail() {
  const [path] = useLocation();
  return (
    <nav className={styles.rail} aria-label={t('frame.places')}>
      <Link href="/" className={styles.brand} aria-label={t('frame.brand')}>
        <Mark />
        <span translate="no">Millrace</span>
      </Link>
      <ul>
        {places.map((place) => (
          <li key={place.path}>
            <Link
              href={place.path}
              className={styles.place}
              aria-current={isAt(place, path) ? 'page' : undefined}
              aria-keyshortcuts={`g ${place.letter}`}
              title={t('frame.goHint', { place: t(place.name), letter: place.letter })}
            >
              <place.icon aria-hidden="true" />
              <span>{t(place.name)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
