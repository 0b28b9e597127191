/** A state as icon, word and color. */
import { t } from '../texts/t.ts';
import { classNames } from './class-names.ts';
import type { StateWord } from './state-words.ts';
import styles from './StateBadge.module.css';

interface StateBadgeProps {
  readonly state: StateWord;
  /** A word of its own instead of the state's. */
  readonly label?: string;
}

export function StateBadge({ state: { tone, icon: Icon, word }, label }: StateBadgeProps) {
  return (
    <span className={classNames(styles.badge, styles[tone])}>
      <Icon
        aria-hidden="true"
        className={word === 'state.loading' || word === 'state.running' ? styles.turning : undefined}
      />
      {label ?? t(word)}
    </span>
  );
}
