/** Parts of a place as links: each part has an address. */
import { Link } from 'wouter';
import styles from './LinkTabs.module.css';

interface LinkTabsProps {
  readonly label: string;
  readonly tabs: readonly { readonly path: string; readonly text: string }[];
  readonly current: string;
}

export function LinkTabs({ label, tabs, current }: LinkTabsProps) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map(({ path, text }) => (
        <Link key={path} href={path} className={styles.tab} aria-current={path === current ? 'page' : undefined}>
          {text}
        </Link>
      ))}
    </nav>
  );
}
