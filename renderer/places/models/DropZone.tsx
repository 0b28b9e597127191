/** Where a model file is dropped or chosen; leads to the import. */
import { Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import type { DragEvent } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../../components/Button.tsx';
import { classNames } from '../../components/class-names.ts';
import { t } from '../../texts/t.ts';
import { chooseFile } from './import-store.ts';
import styles from './DropZone.module.css';

/** For the file dialog; the host judges by the contents. */
const accepted = '.onnx,.zip';

export function DropZone({ isLarge = false }: { readonly isLarge?: boolean }) {
  const [, navigate] = useLocation();
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined): void => {
    if (file === undefined) return;
    chooseFile(file);
    navigate('/models/import');
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    take(event.dataTransfer.files[0]);
  };
  return (
    <div
      role="group"
      aria-label={t('drop.here')}
      className={classNames(styles.zone, isLarge && styles.large, isOver && styles.over)}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <Upload aria-hidden="true" />
      <div className={styles.words}>
        <p className={styles.title}>{isOver ? t('drop.release') : isLarge ? t('home.emptyTitle') : t('drop.here')}</p>
        <p>{isLarge ? t('home.emptyHint') : t('drop.hint')}</p>
      </div>
      <Button look={isLarge ? 'primary' : 'plain'} onClick={() => input.current!.click()}>
        {t('drop.choose')}
      </Button>
      <input
        ref={input}
        hidden
        type="file"
        accept={accepted}
        aria-label={t('drop.choose')}
        onChange={(event) => take(event.target.files?.[0])}
      />
    </div>
  );
}
