/** Copies a text and says that it did. */
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { t } from '../texts/t.ts';
import { Button, IconButton } from './Button.tsx';
import { copyText } from './copy-text.ts';

interface CopyButtonProps {
  readonly text: string | (() => string);
  /** What is copied, for screen readers: "the address". */
  readonly what: string;
  readonly hasWords?: boolean;
}

/** How long the tick stays, milliseconds. */
const tickMs = 1600;

export function CopyButton({ text, what, hasWords = false }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), tickMs);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => {
    void copyText(typeof text === 'string' ? text : text()).then(setCopied);
  };
  const icon = copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />;
  const label = copied ? t('copy.done') : t('copy.what', { what });
  return hasWords ? (
    <Button icon={icon} onClick={copy} aria-label={label}>
      {copied ? t('copy.done') : t('copy.copy')}
    </Button>
  ) : (
    <IconButton icon={icon} label={label} onClick={copy} />
  );
}
