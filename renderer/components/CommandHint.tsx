/** "Show as command": the command line or the request that does the same as the buttons beside it. */
import { Terminal } from 'lucide-react';
import { useId, useState } from 'react';
import { t } from '../texts/t.ts';
import { Button } from './Button.tsx';
import { CodeBlock } from './CodeBlock.tsx';
import styles from './CommandHint.module.css';

export function CommandHint({ command }: { readonly command: string }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <div className={styles.hint}>
      <Button
        look="quiet"
        icon={<Terminal aria-hidden="true" />}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? t('command.hide') : t('command.show')}
      </Button>
      <div id={id} hidden={!isOpen} className={styles.code}>
        {isOpen && <CodeBlock code={command} label={t('command.label')} />}
      </div>
    </div>
  );
}
