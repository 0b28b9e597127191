/** The raw log: lines as the host writes them, by level and words, and as they come. */
import { ArrowDownToLine, FileText, SearchX } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { LogEntry } from '../../../server/protocol/admin/log-view.ts';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CommandHint } from '../../components/CommandHint.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { ErrorNotice } from '../../components/Notice.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { Toolbar } from '../../components/Toolbar.tsx';
import { fullTimeText, nowMs, timeText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import { lineText } from './log-lines.ts';
import { useLog } from './use-log.ts';
import styles from './LogTab.module.css';

type Level = LogEntry['level'];

const levels: readonly Level[] = ['debug', 'info', 'warn', 'error'];

export function LogTab() {
  const [level, setLevel] = useState<Level>('info');
  const [search, setSearch] = useState('');
  const [isFollowed, setFollowed] = useState(true);
  const { lines, error } = useLog({ level, search, isFollowed });
  const entries = lines?.entries ?? [];
  const isFiltered = search !== '' || level !== 'debug';
  return (
    <Card isFlush>
      <Toolbar isFlush>
        <SearchField label={t('log.search')} value={search} onChange={setSearch} />
        <SegmentedChoice
          label={t('log.level')}
          value={level}
          options={levels.map((each) => ({ value: each, text: t(`log.level.${each}`) }))}
          onChange={setLevel}
        />
        <Button
          icon={<ArrowDownToLine aria-hidden="true" />}
          aria-pressed={isFollowed}
          onClick={() => setFollowed(!isFollowed)}
        >
          {isFollowed ? t('log.following') : t('log.follow')}
        </Button>
        <CopyButton text={entries.map(lineText).join('\n')} what={t('log.lines')} />
      </Toolbar>
      {error !== undefined && <ErrorNotice error={error} />}
      {lines !== undefined && lines.skipped > 0 && (
        <p className={styles.skipped}>{t('log.skipped', { count: lines.skipped })}</p>
      )}
      {lines !== undefined && entries.length === 0 ? (
        <EmptyState icon={isFiltered ? SearchX : FileText} title={isFiltered ? t('log.noMatch') : t('log.none')}>
          {t('log.noneHint')}
        </EmptyState>
      ) : (
        <LineList entries={entries} isFollowed={isFollowed} />
      )}
      <div className={styles.foot}>
        <CommandHint
          command={`npx millrace logs --level ${level}${search === '' ? '' : ` --search '${search}'`}${isFollowed ? ' --follow' : ''}`}
        />
      </div>
    </Card>
  );
}

function LineList({ entries, isFollowed }: { readonly entries: readonly LogEntry[]; readonly isFollowed: boolean }) {
  const frame = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const last = entries.at(-1)?.id;
  useEffect(() => {
    const element = frame.current;
    // One who has scrolled up reads; the lines do not run away.
    if (element !== null && isFollowed && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [last, isFollowed]);
  return (
    <div
      ref={frame}
      className={styles.frame}
      role="region"
      aria-label={t('log.lines')}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling frame must be reachable by keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      <ol className={styles.lines} translate="no">
        {entries.map((entry) => (
          <li key={entry.id} className={styles[entry.level]}>
            <time dateTime={entry.at} title={entry.at === '' ? undefined : fullTimeText(entry.at)}>
              {entry.at === '' ? '' : timeText(entry.at, nowMs())}
            </time>
            <span className={styles.level}>{entry.level}</span>
            <span className={styles.words}>
              {entry.message}
              {entry.facts !== '' && <span className={styles.facts}> {entry.facts}</span>}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
