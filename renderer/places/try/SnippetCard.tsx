/** A request as code in the language of the one who calls. */
import { Download } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Card } from '../../components/Card.tsx';
import { CodeBlock } from '../../components/CodeBlock.tsx';
import { SegmentedChoice } from '../../components/SegmentedChoice.tsx';
import { saveText } from '../../components/save-file.ts';
import { t } from '../../texts/t.ts';
import { bodyFile, languageNames, languages, needsFile, snippet } from '../../try/snippets.ts';
import type { Language, SnippetRequest } from '../../try/snippets.ts';
import styles from './SnippetCard.module.css';

const key = 'millrace.language';

function readLanguage(): Language {
  const stored = localStorage.getItem(key);
  return languages.find((language) => language === stored) ?? (/Win/.test(navigator.platform) ? 'powershell' : 'curl');
}

export function SnippetCard({ request }: { readonly request: SnippetRequest }) {
  return (
    <Card title={t('connect.code')}>
      <Snippets request={request} />
    </Card>
  );
}

export function Snippets({ request }: { readonly request: SnippetRequest }) {
  const [language, setLanguage] = useState(readLanguage);
  const choose = (chosen: Language): void => {
    localStorage.setItem(key, chosen);
    setLanguage(chosen);
  };
  return (
    <div className={styles.snippets}>
      <SegmentedChoice
        label={t('snippet.language')}
        value={language}
        areNames
        options={languages.map((each) => ({ value: each, text: languageNames[each] }))}
        onChange={choose}
      />
      <CodeBlock
        code={snippet(language, request)}
        label={t('snippet.label', { language: languageNames[language] })}
        isTall
      />
      {needsFile(request) && (
        <p className={styles.file}>
          <span>{t('snippet.file')}</span>
          <Button
            icon={<Download aria-hidden="true" />}
            onClick={() => saveText(bodyFile, 'application/json', JSON.stringify(request.body))}
          >
            {t('snippet.download', { file: bodyFile })}
          </Button>
        </p>
      )}
    </div>
  );
}
