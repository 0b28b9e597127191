/** Where a picture comes in: dropped, pasted, chosen as a file, or taken with the camera. */
import { Camera, ImageUp } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { DragEvent } from 'react';
import { Button } from '../../components/Button.tsx';
import { classNames } from '../../components/class-names.ts';
import { t } from '../../texts/t.ts';
import { CameraDialog } from './CameraDialog.tsx';
import { PixelPreview } from './PixelPreview.tsx';
import { hasCamera } from './camera.ts';
import styles from './PictureInput.module.css';

interface PictureZoneProps {
  /** What the model sees; undefined while there is no picture. */
  readonly seen: { readonly width: number; readonly height: number; readonly rgba: ArrayLike<number> } | undefined;
  /** Instead of the size below it. */
  readonly caption?: string | undefined;
  onFile(file: File): void;
}

export function PictureZone({ seen, caption, onFile }: PictureZoneProps) {
  const [isOver, setOver] = useState(false);
  const [isTaking, setTaking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const take = useRef(onFile);
  useEffect(() => {
    take.current = onFile;
  });
  useEffect(() => {
    const onPaste = (event: ClipboardEvent): void => {
      const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (file !== undefined) take.current(file);
    };
    document.addEventListener('paste', onPaste);
    return () => document.removeEventListener('paste', onPaste);
  }, []);
  const choose = (files: FileList | null): void => {
    const file = files?.[0];
    if (file !== undefined) onFile(file);
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    choose(event.dataTransfer.files);
  };
  const size = seen && t('picture.preview', { width: seen.width, height: seen.height });
  return (
    <div
      role="group"
      aria-label={t('picture.drop')}
      className={classNames(styles.picture, isOver && styles.over)}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      {seen === undefined ? (
        <ImageUp aria-hidden="true" />
      ) : (
        <PixelPreview width={seen.width} height={seen.height} rgba={seen.rgba} label={size!} />
      )}
      <p>{seen === undefined ? t('picture.drop') : (caption ?? size)}</p>
      <div className={styles.buttons}>
        <Button onClick={() => input.current!.click()}>
          {seen === undefined ? t('picture.choose') : t('picture.another')}
        </Button>
        {hasCamera() && (
          <Button icon={<Camera aria-hidden="true" />} onClick={() => setTaking(true)}>
            {t('camera.open')}
          </Button>
        )}
      </div>
      <input
        ref={input}
        hidden
        type="file"
        accept="image/*"
        aria-label={t('picture.choose')}
        onChange={(event) => choose(event.target.files)}
      />
      <CameraDialog
        isOpen={isTaking}
        onClose={() => setTaking(false)}
        onPhoto={(file) => {
          setTaking(false);
          onFile(file);
        }}
      />
    </div>
  );
}
